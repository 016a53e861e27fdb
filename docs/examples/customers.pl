#!/usr/bin/perl
# A page whose users are signed in by Apache (Basic, LDAP, Kerberos ...): it carries their token along.
use strict;
use warnings;
use Encode qw(decode_utf8);
use FindBin;
use lib $FindBin::RealBin;
use DialerToken; # docs/tokens.md

my @customers = ( # from the database
    { id => 'C-17', name => 'Mrs Miller & Sons', phone => '+15551230001' },
    { id => 'C-18', name => 'Mr O\'Neill', phone => '+1 (555) 123-0002' },
);

my %entities = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', "'" => '&#39;');

sub h {
    my ($text) = @_;
    $text =~ s/([&<>"'])/$entities{$1}/g;
    return $text;
}

my $user = $ENV{REMOTE_USER};
if (!defined $user) {
    print "Status: 403\r\nContent-Type: text/plain\r\n\r\nNobody is signed in.\n";
    exit;
}
my ($name, $token) = (h($user), DialerToken::dialer_token(decode_utf8($user)));

print "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\r\n";
print <<"HTML";
<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Customers</title>
    <meta name="dialer-token" content="$token">
    <script src="/dialer/dialer.js" defer></script>
</head>
<body>
    <h1>Customers of $name</h1>
    <ul>
HTML
for my $c (@customers) {
    my ($id, $customer, $shown) = map { h($_) } @$c{qw(id name phone)};
    (my $phone = $c->{phone}) =~ s/[^0-9+]//g;
    print qq(        <li>$customer: <a href="tel:$phone" data-dialer-client="$id">$shown</a></li>\n);
}
print "    </ul>\n</body>\n</html>\n";
