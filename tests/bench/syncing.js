/* A run of dialer-sync over ten thousand open calls, beside curl reading the same pages. */
'use strict';

const fs = require('fs');
const path = require('path');
const data = require('./data');
const direct = require('./direct');

const COUNT = 10000;
const NAME = 'open';

const curl = async (site, asked) => {
	const file = path.join(site.dir, 'pages');
	fs.writeFileSync(file, asked.map(({ path: p, query }) =>
		`url="${site.sim.url}${p}?${query}"\noutput=/dev/null\n`).join(''));
	return direct.used(site, ['/usr/bin/curl', '-sf', '-u', 'sim-id:sim-token', '--config', file], process.env);
};

exports.measure = async (site, { note }) => {
	note(`dialer-sync, ${COUNT} open calls`);
	await site.control('POST', '/reset', {});
	const config = data.fresh(site, NAME);
	await data.openCalls(site, config, COUNT, Math.floor(Date.now() / 1000) - COUNT - 3600);
	await site.control('DELETE', '/requests');
	const run = await direct.used(site, [site.program('cron/dialer-sync'), '--config', config, '--json'], site.env);
	const { open, completed } = JSON.parse(run.head);
	if (open !== COUNT || completed !== COUNT)
		throw new Error(`dialer-sync: ${run.head}`);
	const { requests } = await site.control('GET', '/requests');
	const floor = await curl(site, requests);
	data.remove(site, NAME);
	return {
		count: COUNT, requests: requests.length, seconds: run.seconds, cpu: run.cpu, peakKb: run.peak_kb,
		curl: { seconds: floor.seconds, cpu: floor.cpu },
	};
};
