/*
 * After a SIGKILL in the middle of storing calls: how long the next request takes, which finds the
 * environment unclean and recovers it; beside the one after it.
 */
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const calls = require('./calls');
const data = require('./data');
const direct = require('./direct');
const { median } = require('./load');

const NAME = 'killed';
const KILLS = 10;
const CALLS = 2000000; /* more than are ever stored */

/* Kills an import that has stored something. It is inside nearly always; see below. */
const storeAndKill = (site, config, ms) => new Promise((resolve) => {
	const importer = spawn(site.program('bin/dialer'), ['--config', config, 'import'],
		{ env: site.env, stdio: ['pipe', 'ignore', 'ignore'] });
	importer.stdin.on('error', () => {});
	importer.on('exit', resolve);
	setTimeout(() => importer.kill('SIGKILL'), ms);
	calls.print(CALLS, importer.stdin).catch(() => {});
});

/* What the gate's file begins with when it was not left in good order. */
const DIRTY = 'd';
const isUnclean = (site) => fs.readFileSync(path.join(site.data, NAME, 'gate'), 'latin1').startsWith(DIRTY);

exports.measure = async (site, { note }) => {
	note(`recovery after ${KILLS} kills`);
	const recovering = [];
	const usual = [];
	for (let i = 0; i < KILLS; i++) {
		const config = data.fresh(site, NAME);
		await storeAndKill(site, config, 300 + 100 * i);
		if (!isUnclean(site))
			continue;
		recovering.push((await direct.history(site, config, 'page=1')).seconds);
		usual.push((await direct.history(site, config, 'page=1')).seconds);
	}
	data.remove(site, NAME);
	if (recovering.length === 0)
		throw new Error('no kill met a program inside');
	return { kills: recovering.length, median: median(recovering), most: Math.max(...recovering), usual: median(usual) };
};
