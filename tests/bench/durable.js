/* One durable write: what nothing that promises to remember can be faster than. */
'use strict';

const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const { median } = require('./load');

const ROUNDS = 3;

/* Seconds of a write with fdatasync in the file system of the calls. */
exports.fdatasync = (site, seconds) => {
	const file = path.join(site.data, 'fdatasync');
	const once = () => {
		const r = JSON.parse(execFileSync(site.program('bench/bin/fdatasync'), [file, String(seconds)]));
		return r.seconds / r.writes;
	};
	const times = Array.from({ length: ROUNDS }, once);
	fs.rmSync(file);
	return median(times);
};
