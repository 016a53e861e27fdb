/*
 * Data directories with calls, made by `dialer import`. The large ones are kept for the next run; what a
 * run places in them and writes into them stays there, which is little beside what they hold.
 */
'use strict';

const { execFileSync, spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const calls = require('./calls');

const KEPT_FROM = 100000;
const LINE = { user: 1527216, number: 967647 };
const FIRST_OPEN = 555000000; /* +1 and so on: the numbers that are called */

/* Whether the programs, which run as www-data under a root's Apache, get there. */
const reachable = (dir) => {
	if (process.getuid() !== 0)
		return true;
	try {
		execFileSync('setpriv', ['--reuid=www-data', '--regid=www-data', '--clear-groups', 'test', '-x', dir]);
		return true;
	} catch (e) {
		return false;
	}
};

/* Where data may lie: `wanted`, if the programs can enter it. */
exports.place = (wanted) => {
	fs.mkdirSync(wanted, { recursive: true, mode: 0o755 });
	if (reachable(wanted))
		return wanted;
	const elsewhere = '/var/tmp/dialer-bench-data';
	fs.mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
	console.error(`www-data cannot enter ${wanted}: the data go to ${elsewhere}`);
	return elsewhere;
};

const imported = (site, config, write) => new Promise((resolve, reject) => {
	const importer = spawn(site.program('bin/dialer'), ['--config', config, 'import'],
		{ env: site.env, stdio: ['pipe', 'ignore', 'inherit'] });
	importer.stdin.on('error', () => {}); /* its status says more */
	importer.on('error', reject);
	importer.on('exit', (status) =>
		(status === 0 ? resolve() : reject(new Error(`dialer import: status ${status}`))));
	write(importer.stdin).catch(reject);
});

const ready = (site, count) => path.join(site.data, `${count}.ready`);
exports.isThere = (site, count) => fs.existsSync(ready(site, count));

/* The settings of a data directory with so many calls of one user. */
exports.history = (site, count) => site.settings(String(count));

/* Makes it, or leaves it as it is: small ones grow in a run beyond what they are to show. */
exports.make = async (site, count) => {
	if (count >= KEPT_FROM && exports.isThere(site, count))
		return;
	fs.rmSync(ready(site, count), { force: true });
	const config = exports.fresh(site, String(count));
	await imported(site, config, (out) => calls.print(count, out));
	fs.writeFileSync(ready(site, count), '');
};

/* An empty one. */
exports.fresh = (site, name, more) => {
	const config = site.settings(name, more);
	fs.rmSync(path.join(site.data, name), { recursive: true, force: true });
	site.dialer(config, 'init');
	return config;
};

exports.remove = (site, name) => fs.rmSync(path.join(site.data, name), { recursive: true, force: true });

/* Calls which Aircall accepted, one a second, at which nobody has looked since. */
exports.openCalls = async (site, config, count, from) => {
	const line = (i) => {
		const time = new Date((from + i) * 1000).toISOString();
		return JSON.stringify({
			id: (from + i).toString(16).padStart(8, '0') + String(i).padStart(16, '0'),
			userId: 'alice', provider: 'aircall', phoneNumber: `+1${FIRST_OPEN + i}`, status: 'initiated',
			startTime: time, clientId: `c${i}`,
			internal: {
				providerUserId: String(LINE.user), providerNumberId: String(LINE.number),
				askedTime: time, nextLook: time,
			},
		});
	};
	await imported(site, config, async (out) => {
		out.end(`${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`);
	});
	await site.control('POST', '/calls', {
		to: `+1${FIRST_OPEN}`, vary_to: true, count, spacing: 1, started_at: from, answer_after: 3, hangup_after: 20,
	});
};

/* Bytes of the databases; logs and the memory that programs share come and go. */
exports.bytes = (site, count) => {
	const dir = path.join(site.data, String(count));
	return fs.readdirSync(dir).filter((name) => name.endsWith('.db'))
		.reduce((sum, name) => sum + fs.statSync(path.join(dir, name)).size, 0);
};
