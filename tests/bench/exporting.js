/* All of one user's calls as CSV: how fast, and how much memory it takes; beside reading the files. */
'use strict';

const fs = require('fs');
const path = require('path');
const data = require('./data');
const direct = require('./direct');

const MOST = 1000000; /* ten times as many take ten times as long, and say nothing more */
const READ = ['by_user.db', 'calls.db'];

exports.measure = async (site, sizes, { note }) => {
	const rows = [];
	for (const count of sizes.filter((n) => n <= MOST)) {
		note(`CSV of ${count} calls`);
		const config = data.history(site, count);
		const csv = await direct.history(site, config, 'format=csv');
		if (csv.lines < count)
			throw new Error(`the CSV of ${count} calls has ${csv.lines} lines`);
		const files = READ.map((name) => path.join(site.data, String(count), name)).filter((f) => fs.existsSync(f));
		const floor = await direct.used(site, ['/bin/cat', ...files], process.env);
		rows.push({ count, seconds: csv.seconds, rate: count / csv.seconds, peakKb: csv.peak_kb, catSeconds: floor.seconds });
	}
	return rows;
};
