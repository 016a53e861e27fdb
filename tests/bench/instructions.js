/*
 * Instructions of one request for a page of the history, counted by valgrind: they do not depend on what
 * else the machine does. The CGI program is started as for a request, and what it executes is divided by
 * where it happens. The token is one that came before.
 */
'use strict';

const { spawnSync } = require('child_process');
const direct = require('./direct');

/* Instructions while `inside` (a function) runs; without: all of them. */
const counted = (site, config, inside) => {
	const r = spawnSync(direct.asWorker[0] || 'valgrind', [
		...(direct.asWorker.length ? [...direct.asWorker.slice(1), 'valgrind'] : []),
		'--tool=callgrind', '--callgrind-out-file=/dev/null',
		...(inside ? [`--toggle-collect=${inside}`] : []),
		site.program('cgi-bin/call-history.cgi'),
	], { env: direct.historyRequest(site, config, 'page=1&limit=20'), encoding: 'utf8' });
	const said = /Collected : (\d+)/.exec(r.stderr);
	if (!said || !/^Status: 200/m.test(r.stdout))
		throw new Error(`valgrind: ${r.stderr}\n${r.stdout.slice(0, 300)}`);
	return Number(said[1]);
};

exports.measure = async (site, config, { note }) => {
	note('instructions');
	await direct.history(site, config, 'page=1'); /* a token is verified when it comes for the first time */
	const all = counted(site, config);
	const main = counted(site, config, 'main');
	const handler = counted(site, config, 'call_history');
	return { all, loading: all - main, around: main - handler, handler };
};
