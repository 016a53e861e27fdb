/* Programs started by hand, with what they used: as Apache would start them, but nobody between. */
'use strict';

const { execFileSync, spawn } = require('child_process');
const fs = require('fs');
const path = require('path');

/* Under a root's Apache the programs run as www-data. */
const asWorker = process.getuid() === 0
	? [execFileSync('sh', ['-c', 'command -v setpriv'], { encoding: 'utf8' }).trim(),
		'--reuid=www-data', '--regid=www-data', '--init-groups']
	: [];
exports.asWorker = asWorker;

/* The environment of a GET to call-history.cgi. */
exports.historyRequest = (site, config, query) => ({
	PATH: process.env.PATH,
	GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', SERVER_PROTOCOL: 'HTTP/1.1', SCRIPT_NAME: '/history',
	REQUEST_URI: `/api/dialer/history?${query}`, QUERY_STRING: query, REMOTE_ADDR: '127.0.0.1',
	HTTP_AUTHORIZATION: site.token('alice'), DIALER_CONFIG: config,
});

const HEAD = 4096; /* of the output, that is kept */

/* {seconds, cpu, peak_kb, lines, head}: how many lines it printed, and the first bytes of them. */
exports.used = (site, argv, env) => new Promise((resolve, reject) => {
	const file = path.join(site.dir, 'usage');
	const program = spawn(site.program('bench/bin/usage'), [file, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
	let said = '';
	let lines = 0;
	let head = '';
	program.stderr.on('data', (piece) => { said += piece; });
	program.stdout.on('data', (piece) => {
		if (head.length < HEAD)
			head += piece.toString();
		for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1))
			lines++;
	});
	program.on('error', reject);
	program.on('close', () => {
		const result = JSON.parse(fs.readFileSync(file, 'utf8'));
		if (result.status !== 0)
			reject(new Error(`${argv.join(' ')}: status ${result.status}\n${said}`));
		resolve({ ...result, lines, head });
	});
});

exports.history = (site, config, query) => exports.used(site,
	[...asWorker, site.program('cgi-bin/call-history.cgi')], exports.historyRequest(site, config, query));
