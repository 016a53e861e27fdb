/* The figures as tables for people. */
'use strict';

const { median } = require('./load');

const number = (n) => Math.round(n).toLocaleString('en');
const ms = (s) => (s * 1000).toFixed(s < 0.01 ? 2 : 1);
const share = (n) => (n === undefined ? '' : n.toFixed(2));
const mib = (kb) => (kb / 1024).toFixed(1);

/* Cells in columns: the first to the left, the others to the right. */
const table = (rows) => {
	const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
	return rows.map((row) => row
		.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
		.join('  ').trimEnd()).join('\n');
};

const section = (title, rows) => (rows.length > 1 ? `${title}\n\n${table(rows)}\n\n` : '');

const MODES = { cgi: 'CGI (mod_cgid)', fastcgi: 'FastCGI (mod_fcgid)' };

const serving = (r, mode) => section(`Requests, ${MODES[mode]}`, [
	['request', 'connections', 'a second', 'p50 ms', 'p99 ms', 'empty program', 'p50 ms', 'p99 ms', 'of it',
		...(mode === 'cgi' ? ['token only', 'of it'] : []), 'provider', 'p50 ms'],
	...r.serving.filter((row) => row.mode === mode).map((row) => [
		row.name, row.connections, number(row.product.rps), ms(row.product.p50), ms(row.product.p99),
		number(row.empty.rps), ms(row.empty.p50), ms(row.empty.p99), share(row.ofEmpty),
		...(mode === 'cgi' ? [row.token ? number(row.token.rps) : '', share(row.ofToken)] : []),
		row.provider ? number(row.provider.rps) : '', row.provider ? ms(row.provider.p50) : '',
	]),
]);

const scale = (r, mode) => section(`By the number of calls, ${MODES[mode]}, 4 connections`, [
	['calls', 'request', 'a second', 'p50 ms', 'p99 ms'],
	...r.scale.filter((row) => row.mode === mode).map((row) =>
		[number(row.count), row.name, number(row.rps), ms(row.p50), ms(row.p99)]),
]);

const sizes = (r) => section('Databases on disk', [
	['calls', 'MiB', 'bytes a call'],
	...r.sizes.map(({ count, bytes, perCall }) => [number(count), number(bytes / 1048576), number(perCall)]),
]);

const csv = (r) => section('CSV of one user, beside cat of the databases', [
	['calls', 'seconds', 'calls a second', 'MiB of memory', 'cat, seconds'],
	...(r.csv || []).map((row) => [number(row.count), row.seconds.toFixed(2), number(row.rate), mib(row.peakKb),
		row.catSeconds.toFixed(2)]),
]);

const sync = ({ sync: s }) => (s ? `dialer-sync, ${number(s.count)} open calls: ${s.requests} requests, ` +
	`${s.seconds.toFixed(2)} s, ${s.cpu.toFixed(2)} s of processor, ${mib(s.peakKb)} MiB; ` +
	`curl for the same pages: ${s.curl.seconds.toFixed(2)} s, ${s.curl.cpu.toFixed(2)} s of processor\n\n` : '');

const recovery = ({ recovery: k }) => (k ? `First request after a SIGKILL while calls are stored (${k.kills} times): ` +
	`${ms(k.median)} ms, at most ${ms(k.most)} ms; the one after it ${ms(k.usual)} ms\n\n` : '');

const instructions = ({ instructions: i }) => (i ? 'Instructions of a page of the history (callgrind): ' +
	`${number(i.all)}, of which before main ${number(i.loading)}, settings, token, storage handle and output ` +
	`${number(i.around)}, in the handler ${number(i.handler)}\n\n` : '');

const goal = (t) => (t.least !== undefined ? `at least ${t.least}` : `at most ${t.most}`);

const targets = (r) => section('Targets', [
	['figure', 'goal', 'measured', ''],
	...r.targets.map((t) => [t.name, goal(t), t.value === undefined ? '-' : Number(t.value.toFixed(2)),
		t.reached === undefined ? 'not measured' : t.reached ? 'reached' : 'MISSED']),
]);

exports.text = (r) => `${r.processors} x ${r.processor}, Linux ${r.kernel}, ${r.fileSystem}, Apache ${r.apache}, ` +
	`load ${r.load.toFixed(1)}, ${r.date}\n` +
	`${r.rounds} rounds of ${r.seconds} s for each figure; fdatasync of 512 bytes: ${ms(median(r.fdatasync))} ms\n\n` +
	`${serving(r, 'cgi')}${serving(r, 'fastcgi')}${scale(r, 'cgi')}${scale(r, 'fastcgi')}${sizes(r)}` +
	`${csv(r)}${sync(r)}${recovery(r)}${instructions(r)}${targets(r)}`;
