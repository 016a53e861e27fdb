#!/usr/bin/env node
/* The functions of docs/tokens.md, as they stand there: the service takes their tokens. */
'use strict';

const assert = require('assert');
const { execFileSync, spawnSync } = require('child_process');
const fs = require('fs');
const { Dialer, request } = require('../node/dialer');
const { fenced } = require('../node/office');
const { run, test } = require('../node/runner');

/* file: what the document names it; needs: a command that works where it can be run; program(name, code):
 * what prints the token for the user, "admin" or "", and the file of the key that it is given. */
const LANGUAGES = {
	PHP: {
		file: 'dialer_token.php',
		needs: ['php-cgi', '-v'],
		command: ['php-cgi', '-q', 'run.php'],
		program: () => ['run.php', `<?php require 'dialer_token.php';
			echo dialer_token(getenv('T_USER'), getenv('T_ADMIN') === 'admin', getenv('T_KEY'));`],
	},
	Perl: {
		file: 'DialerToken.pm',
		needs: ['perl', '-MDigest::SHA', '-MJSON::PP', '-e1'],
		command: ['perl', '-I.', 'run.pl'],
		program: () => ['run.pl', `use Encode; use DialerToken; print DialerToken::dialer_token(
			Encode::decode_utf8($ENV{T_USER}), $ENV{T_ADMIN} eq 'admin', $ENV{T_KEY});`],
	},
	Python: {
		file: 'dialer_token.py',
		needs: ['python3', '--version'],
		command: ['python3', 'run.py'],
		program: () => ['run.py', `import os, dialer_token
print(dialer_token.dialer_token(os.environ['T_USER'], os.environ['T_ADMIN'] == 'admin', os.environ['T_KEY']))`],
	},
	Java: {
		file: 'DialerToken.java',
		needs: ['java', '--add-modules', 'jdk.compiler', '-version'],
		/* One file, compiled as it is run: the function behind a class that calls it. */
		command: ['java', '-Dfile.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8', '-XX:TieredStopAtLevel=1', 'Run.java'],
		program: (code) => ['Run.java', code.replace(/^public class/m, `class Run { public static void main(String[] a)
			throws Exception { System.out.print(DialerToken.make(System.getenv("T_USER"),
			System.getenv("T_ADMIN").equals("admin"), System.getenv("T_KEY"))); } }\nclass`)],
	},
};

let dialer;

const tokenBy = ({ file, command, program }, user, admin) => {
	const directory = fs.mkdtempSync(dialer.file('tokens-'));
	const code = fenced('docs/tokens.md', file);
	const [name, text] = program(code);
	fs.writeFileSync(`${directory}/${file}`, code);
	fs.writeFileSync(`${directory}/${name}`, text);
	return execFileSync(command[0], command.slice(1), { cwd: directory, encoding: 'utf8',
		env: { ...process.env, LC_ALL: 'C.UTF-8', T_USER: user, T_ADMIN: admin, T_KEY: dialer.file('jwt.key') } }).trim();
};

const ask = (token, method, path, body) => request(method, `${dialer.server.url}/api/dialer${path}`,
	{ headers: { Authorization: `Bearer ${token}` }, body });

for (const [language, how] of Object.entries(LANGUAGES)) {
	const name = `token-made-in-${language.toLowerCase()}-is-taken`;
	test(name, async () => {
		if (spawnSync(how.needs[0], how.needs.slice(1)).status !== 0) {
			console.log(`skipped: ${name}: ${how.needs[0]} is not here, or not all of it`);
			return;
		}
		const user = `j\u00fcrgen-${language}`;
		const token = tokenBy(how, user, '');
		const seconds = JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).exp - Date.now() / 1000;
		assert.ok(seconds > 500 && seconds <= 600, `ends in ${seconds} s`);
		assert.strictEqual((await ask(token, 'GET', '/history')).status, 200);
		const placed = await ask(token, 'POST', '/call', { phoneNumber: '+15551230001', placedBy: 'tel' });
		assert.strictEqual(placed.json.call.userId, user, placed.body);
		assert.strictEqual((await ask(token, 'GET', '/history?userId=*')).status, 403);
		assert.strictEqual((await ask(tokenBy(how, user, 'admin'), 'GET', '/history?userId=*')).status, 200);
	});
}

test('every-language-of-the-document-is-run', async () => {
	const headings = fs.readFileSync(`${__dirname}/../../docs/tokens.md`, 'utf8').match(/^## .*/gm);
	assert.deepStrictEqual(headings.map((one) => one.slice(3)).filter((one) => one !== 'By hand'), Object.keys(LANGUAGES));
});

const main = async () => {
	dialer = await Dialer.start({});
	const good = await run({ setUp: async () => ({}), tearDown: async () => {}, seconds: 60 });
	await dialer.stop();
	process.exitCode = good ? 0 : 1;
};

main().catch((error) => {
	console.log(`FAIL tokens-start\n    ${error.stack}`);
	process.exit(1);
});
