/* Simulator and server of a build (BUILD), on free ports, with a directory of their own. */
'use strict';

const { execFile, execFileSync, spawn } = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');

const tree = path.join(__dirname, '..', '..');
const build = path.resolve(process.env.BUILD || path.join(tree, 'build', 'test'));
const READY_MS = 60000;

exports.tree = tree;
exports.build = build;
exports.users = { alice: 'wonderland', bob: 'builder' };

/* An answer, whatever its status: {status, headers, body, json}. */
const request = (method, url, { headers = {}, body } = {}) =>
	new Promise((resolve, reject) => {
		const text = body === undefined ? '' : JSON.stringify(body);
		const type = text ? { 'Content-Type': 'application/json' } : {};
		/* Without an agent no connection is used again that the server is about to close. */
		const r = http.request(url, { method, agent: false, headers: { ...type, 'Content-Length': text.length, ...headers } });
		r.on('error', reject);
		r.on('response', (answer) => {
			let got = '';
			answer.setEncoding('utf8');
			answer.on('data', (piece) => { got += piece; });
			answer.on('end', () => {
				let json;
				try {
					json = JSON.parse(got);
				} catch (e) {
					json = undefined;
				}
				resolve({ status: answer.statusCode, headers: answer.headers, body: got, json });
			});
		});
		r.end(text);
	});
exports.request = request;

/* Starts a program that prints `ready URL/`. */
const start = (command, args, env, log) =>
	new Promise((resolve, reject) => {
		const out = fs.openSync(log, 'a');
		const child = spawn(command, args, { cwd: tree, env, stdio: ['ignore', 'pipe', out] });
		const fail = (why) => reject(new Error(`${command} ${why}\n${fs.readFileSync(log)}`));
		const timer = setTimeout(() => fail('is not ready'), READY_MS);
		let said = '';
		fs.closeSync(out);
		child.ended = new Promise((done) => child.on('exit', done));
		child.on('exit', (status) => fail(`ended with status ${status}`));
		child.stdout.on('data', (piece) => {
			said += piece;
			const ready = /^ready (http:.*)\/$/m.exec(said);
			if (ready) {
				clearTimeout(timer);
				child.url = ready[1];
				resolve(child);
			}
		});
	});

exports.start = start;

const stop = (child) => {
	child.kill('SIGTERM');
	return child.ended;
};
exports.stop = stop;

class Dialer {
	/* settings: more of them. */
	static async start(settings) {
		const d = new this();
		d.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dialer-node-'));
		fs.chmodSync(d.dir, 0o755);
		const env = { ...process.env, DIALER_BUILD: build };
		for (const name of Object.keys(env))
			if (/^(DIALER|AIRCALL|DIALPAD)_/.test(name) && name !== 'DIALER_BUILD')
				delete env[name];
		env.DIALER_TEST_CLOCK = d.file('clock');
		d.env = env;
		d.sim = await start(path.join(build, 'bin/provider-sim'), ['--port', '0'], env, d.file('sim.log'));
		d.settings = {
			DIALER_DATA_DIR: d.file('data'),
			DIALER_JWT_SECRET_FILE: d.file('jwt.key'),
			DIALER_TOKEN_KEY_FILE: d.file('token.key'),
			DIALER_HTPASSWD_FILE: d.makeUsers(),
			DIALPAD_BASE_URL: d.sim.url,
			DIALPAD_CLIENT_ID: 'sim-client',
			DIALPAD_CLIENT_SECRET: 'sim-secret',
			...settings,
		};
		d.write();
		await d.up('0');
		d.set({ DIALER_PUBLIC_URL: d.server.url });
		return d;
	}

	/* The server comes back where it was. */
	async up(port = new URL(this.server.url).port) {
		this.server = await start('bin/dialer-serve', ['--config', this.file('dialer.env'), '--port', port],
			this.env, this.file('server.log'));
	}

	down() {
		return stop(this.server);
	}

	file(name) {
		return path.join(this.dir, name);
	}

	makeUsers() {
		const file = this.file('htpasswd');
		Object.entries(exports.users).forEach(([user, password], i) =>
			execFileSync('htpasswd', [i === 0 ? '-bcB' : '-bB', '-C', '4', file, user, password],
				{ stdio: 'ignore' }));
		fs.chmodSync(file, 0o644);
		return file;
	}

	write() {
		const lines = Object.entries(this.settings).filter(([, value]) => value !== null)
			.map(([key, value]) => `${key}=${value}\n`);
		fs.writeFileSync(this.file('dialer.env.new'), lines.join(''));
		fs.renameSync(this.file('dialer.env.new'), this.file('dialer.env'));
	}

	/* Changes settings; null takes one away. The programs read them at every request. */
	set(settings) {
		Object.assign(this.settings, settings);
		this.write();
	}

	/* As after the start: the simulator forgets, nobody is connected, and these settings hold. The
	 * history stays. */
	async begin(settings) {
		await this.control('POST', '/reset', {});
		for (const user of Object.keys(exports.users))
			await this.api(user, 'DELETE', '/dialpad');
		await this.control('DELETE', '/requests');
		this.set(settings);
	}

	/* A good token of this user. */
	token(user) {
		this.tokens = this.tokens || {};
		this.tokens[user] = this.tokens[user] || this.newToken(user);
		return this.tokens[user];
	}

	newToken(user, ...more) {
		return this.run('token', user, ...more).trim();
	}

	/* What a command of `dialer` prints. */
	run(...args) {
		return execFileSync(path.join(build, 'bin/dialer'), ['--config', this.file('dialer.env'), ...args],
			{ env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
	}

	/* A request to the interface as this user. */
	api(user, method, path_, body) {
		return request(method, `${this.server.url}/api/dialer${path_}`,
			{ headers: { Authorization: `Bearer ${this.token(user)}` }, body });
	}

	/* Moves the clock of the programs to so many milliseconds from the real one. */
	clock(offset) {
		fs.writeFileSync(this.file('clock.new'), String(offset));
		fs.renameSync(this.file('clock.new'), this.file('clock'));
	}

	/* What cron would do. */
	sync() {
		return new Promise((resolve, reject) =>
			execFile(path.join(build, 'cron/dialer-sync'), ['--config', this.file('dialer.env')],
				{ env: this.env }, (error) => (error ? reject(error) : resolve())));
	}

	/* The simulator's control interface; anything but 200 is a mistake of the test. */
	async control(method, path_, body) {
		const answer = await request(method, `${this.sim.url}/control${path_}`, { body });
		if (answer.status !== 200)
			throw new Error(`${method} ${path_}: ${answer.status} ${answer.body}`);
		return answer.json;
	}

	log() {
		return fs.readFileSync(this.file('server.log'), 'utf8');
	}

	async stop() {
		await Promise.all([this.down(), stop(this.sim)]);
		fs.rmSync(this.dir, { recursive: true, force: true });
	}
}
exports.Dialer = Dialer;
