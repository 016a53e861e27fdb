/* Where figures come from: without it they say little. */
'use strict';

const { execFileSync } = require('child_process');
const os = require('os');
const path = require('path');

const said = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).trim();

exports.describe = (dir) => ({
	date: new Date().toISOString(),
	processor: os.cpus()[0].model,
	processors: os.cpus().length,
	kernel: os.release(),
	fileSystem: said('stat', '-f', '-c', '%T', path.resolve(dir)),
	apache: /Apache\/(\S+)/.exec(said('/usr/sbin/apache2', '-v'))[1],
	load: os.loadavg()[0],
});
