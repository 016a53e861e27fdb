<?php
// A token for whoever is signed in to the dashboard; token.js asks for it.
require __DIR__ . '/dialer_token.php'; // docs/tokens.md

session_start();
header('Cache-Control: no-store');
header('Content-Type: text/plain');
header('X-Content-Type-Options: nosniff');
if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    http_response_code(405);
    header('Allow: POST');
} elseif (!isset($_SESSION['user'])) {
    http_response_code(403);
} else {
    echo dialer_token($_SESSION['user']);
}
