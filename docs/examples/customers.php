<?php
// A page of a dashboard with a login of its own: who is signed in stands in the session.
session_start();
if (!isset($_SESSION['user'])) {
    header('Location: login.php');
    exit;
}

$customers = [ // from the database
    ['id' => 'C-17', 'name' => 'Mrs Miller & Sons', 'phone' => '+15551230001'],
    ['id' => 'C-18', 'name' => 'Mr O\'Neill', 'phone' => '+1 (555) 123-0002'],
];

function h($text)
{
    return htmlspecialchars($text, ENT_QUOTES, 'UTF-8');
}
header('Content-Type: text/html; charset=utf-8');
?>
<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Customers</title>
    <script src="token.js"></script>
    <script src="/dialer/dialer.js" defer data-token-function="Office.token"></script>
</head>
<body>
    <h1>Customers of <?= h($_SESSION['user']) ?></h1>
    <ul>
<?php foreach ($customers as $c): ?>
        <li><?= h($c['name']) ?>:
            <a href="tel:<?= h(preg_replace('/[^0-9+]/', '', $c['phone'])) ?>"
               data-dialer-client="<?= h($c['id']) ?>"><?= h($c['phone']) ?></a></li>
<?php endforeach ?>
    </ul>
</body>
</html>
