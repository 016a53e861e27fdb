/*
 * A dashboard of somebody else's in a real Apache, with dialer beside it (apache/dialer.conf): the pages
 * of docs/examples, and with them the functions of docs/tokens.md as they stand there.
 *
 *   /php/      under PHP as CGI, with a login of its own: login.php?user=NAME
 *   /perl/     CGI programs, behind Apache's Basic
 *   /plain/    files
 */
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const net = require('net');
const path = require('path');
const { Dialer, build, tree } = require('./dialer');

const modules = '/usr/lib/apache2/modules';
const READY_MS = 30000;

/* The fenced piece of code that a document introduces as `NAME`. */
const fenced = (document, name) => {
	const text = fs.readFileSync(path.join(tree, document), 'utf8');
	const found = new RegExp(`^\`${name.replace('.', '[.]')}\`[^\n]*\n+\`\`\`\\w+\n(.*?)^\`\`\`$`, 'ms').exec(text);
	if (!found)
		throw new Error(`${document} has no ${name}`);
	return found[1];
};
exports.fenced = fenced;

const LOGIN = "<?php session_start(); $_SESSION['user'] = $_GET['user'];\n";

const freePort = () => new Promise((resolve) => {
	const s = net.createServer();
	s.listen(0, '127.0.0.1', () => {
		const { port } = s.address();
		s.close(() => resolve(port));
	});
});

class Office extends Dialer {
	/* Instead of dialer-serve, which serves nothing else. */
	async up(port) {
		if (!fs.existsSync(this.file('office')))
			this.furnish();
		if (port === '0')
			port = await freePort();
		this.writeConfiguration(port);
		const log = fs.openSync(this.file('server.log'), 'a');
		this.server = spawn('/usr/sbin/apache2', ['-DFOREGROUND', '-d', this.dir, '-f', this.file('httpd.conf')],
			{ stdio: ['ignore', log, log], env: { PATH: process.env.PATH } });
		fs.closeSync(log);
		this.server.url = `http://127.0.0.1:${port}`;
		this.server.ended = new Promise((done) => this.server.on('exit', done));
		await this.answered();
	}

	async answered() {
		const end = Date.now() + READY_MS;
		for (;;) {
			const status = await fetch(`${this.server.url}/plain/customers.html`).then((a) => a.status, () => 0);
			if (status === 200)
				return;
			if (Date.now() > end || this.server.exitCode !== null)
				throw new Error(`Apache does not answer: ${status}\n${this.log()}`);
			await new Promise((done) => setTimeout(done, 50));
		}
	}

	/* Where Apache's workers can read it, which must not hold for the tree. */
	furnish() {
		this.run('init');
		for (const directory of ['cgi-bin', 'htdocs', 'office', 'sessions'])
			fs.mkdirSync(this.file(directory));
		fs.chmodSync(this.file('sessions'), 0o1777);
		fs.cpSync(path.join(build, 'cgi-bin'), this.file('cgi-bin'), { recursive: true });
		fs.cpSync(path.join(tree, 'apache/htdocs'), this.file('htdocs'), { recursive: true });
		const place = (directory, names, more) => {
			const at = path.join(this.file('office'), directory);
			fs.mkdirSync(at);
			for (const name of names)
				fs.copyFileSync(path.join(tree, 'docs/examples', name), path.join(at, name));
			for (const [name, text] of Object.entries(more))
				fs.writeFileSync(path.join(at, name), text);
		};
		const key = (text) => text.replaceAll('/etc/dialer/jwt.key', this.file('jwt.key'));
		place('php', ['customers.php', 'token.php', 'token.js'],
			{ 'dialer_token.php': key(fenced('docs/tokens.md', 'dialer_token.php')), 'login.php': LOGIN });
		place('perl', ['customers.pl'], { 'DialerToken.pm': key(fenced('docs/tokens.md', 'DialerToken.pm')) });
		place('plain', ['customers.html'], {});
		fs.writeFileSync(this.file('php.ini'), `session.save_path=${this.file('sessions')}\n`);
		fs.copyFileSync('/usr/bin/php-cgi', this.file('php-cgi'));
		fs.chmodSync(this.file('php-cgi'), 0o755);
	}

	writeConfiguration(port) {
		const names = ['mpm_event', 'authz_core', 'authn_core', 'authn_file', 'auth_basic', 'authz_user', 'alias',
			'headers', 'env', 'mime', 'dir', 'actions', 'cgid', 'unique_id'];
		const root = process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : '';
		fs.writeFileSync(this.file('httpd.conf'), `
ServerRoot "${this.dir}"
DefaultRuntimeDir "${this.dir}"
PidFile "${this.file('httpd.pid')}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
${names.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
${root}TypesConfig /etc/mime.types
ErrorLog "${this.file('server.log')}"
LogLevel warn
<Directory "/">
    AllowOverride None
    Require all denied
</Directory>
DocumentRoot "${this.file('office')}"
<Directory "${this.file('office')}">
    Require all granted
    Header always set Content-Security-Policy "default-src 'self'"
</Directory>

ScriptAlias "/php-cgi" "${this.file('php-cgi')}"
<Location "/php-cgi">
    Require all granted
    SetEnv PHPRC "${this.dir}"
</Location>
<Directory "${this.file('office/php')}">
    SetEnv PHPRC "${this.dir}"
    AddHandler php .php
    Action php /php-cgi
</Directory>

<Directory "${this.file('office/perl')}">
    Options +ExecCGI
    AddHandler cgi-script .pl
    AuthType Basic
    AuthName "Office"
    AuthUserFile "${this.file('htpasswd')}"
    Require valid-user
</Directory>

Define DIALER_CGI_DIR "${this.file('cgi-bin')}"
Define DIALER_HTDOCS "${this.file('htdocs')}"
Define DIALER_CONFIG "${this.file('dialer.env')}"
Define DIALER_HTPASSWD "${this.file('htpasswd')}"
Include "${tree}/apache/dialer.conf"
`);
	}
}
exports.Office = Office;
