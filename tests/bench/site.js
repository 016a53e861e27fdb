/*
 * What is measured: one simulator, and servers that differ in their programs alone. All are started by
 * bin/dialer-serve, so that a floor is served exactly as the product is.
 */
'use strict';

const { execFileSync } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { start, stop, request } = require('../node/dialer');

const AGENTS = 500;

/* Calls are placed by many users, each of whom places few: what a call costs depends on how many its
 * user made in the last minute. */
const agents = Array.from({ length: AGENTS }, (_, i) => `agent-${i}`);

/* Nothing of the caller's settings takes part. */
const environment = (more) => {
	const env = { ...process.env, ...more };
	for (const name of Object.keys(process.env))
		if (/^(DIALER|AIRCALL|DIALPAD)_/.test(name))
			delete env[name];
	return { ...env, ...more };
};

class Site {
	/* dir: for what lives as long as the run; data: for the calls, which may be kept. */
	static async begin({ build, dir, data }) {
		const s = new Site();
		Object.assign(s, { build, dir, data, children: [], tokens: {}, env: environment({}) });
		s.key = path.join(data, 'jwt.key');
		s.sim = await s.spawn(path.join(build, 'bin/provider-sim'),
			['--port', '0', '--set', 'rate_limit=0', '--set', 'busy_users=false'], s.env);
		return s;
	}

	async spawn(command, args, env) {
		const child = await start(command, args, env, path.join(this.dir, 'log'));
		this.children.push(child);
		return child;
	}

	async end() {
		await Promise.all(this.children.splice(0).map(stop));
	}

	async stop(child) {
		this.children.splice(this.children.indexOf(child), 1);
		await stop(child);
	}

	/* The settings for a data directory; the path of their file. */
	settings(name, more = {}) {
		const settings = {
			DIALER_DATA_DIR: path.join(this.data, name),
			DIALER_JWT_SECRET_FILE: this.key,
			DIALER_TOKEN_KEY_FILE: path.join(this.data, 'token.key'),
			DIALER_CALLS_PER_MINUTE: 1000000,
			AIRCALL_API_KEY: 'sim-id:sim-token',
			AIRCALL_BASE_URL: this.sim.url,
			AIRCALL_REQUESTS_PER_MINUTE: 1000,
			...more,
		};
		const file = path.join(this.dir, `${name}.env`);
		fs.writeFileSync(file, Object.entries(settings).map(([k, v]) => `${k}=${v}\n`).join(''));
		fs.chmodSync(file, 0o644);
		return file;
	}

	program(name) {
		return path.join(this.build, name);
	}

	dialer(config, ...args) {
		return execFileSync(this.program('bin/dialer'), ['--config', config, ...args],
			{ env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
	}

	/* A server with these settings; `floor`: the program that stands for all of the product's. */
	async serve(config, { floor, fastcgi }) {
		const env = environment({ DIALER_BUILD: floor ? this.floor(floor) : this.build });
		/* The floor has no settings file. */
		if (floor)
			env.DIALER_JWT_SECRET_FILE = this.key;
		return this.spawn('bin/dialer-serve',
			['--config', config, '--port', '0', ...(fastcgi ? ['--fastcgi'] : [])], env);
	}

	/* A build in which every program is this one. */
	floor(name) {
		const build = path.join(this.dir, name);
		fs.mkdirSync(path.join(build, 'cgi-bin'), { recursive: true });
		for (const program of fs.readdirSync(this.program('cgi-bin')))
			fs.copyFileSync(this.program(`bench/bin/${name}`), path.join(build, 'cgi-bin', program));
		return build;
	}

	/* A good token of a day, the same whenever it is asked for. */
	token(user) {
		this.tokens[user] = this.tokens[user] || this.sign(user);
		return this.tokens[user];
	}

	sign(user) {
		const part = (o) => Buffer.from(JSON.stringify(o)).toString('base64url');
		const now = Math.floor(Date.now() / 1000);
		const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: user, iat: now, exp: now + 86400 })}`;
		const key = fs.readFileSync(this.key);
		const secret = key[key.length - 1] === 10 ? key.subarray(0, -1) : key;
		return `Bearer ${text}.${crypto.createHmac('sha256', secret).update(text).digest('base64url')}`;
	}

	agentTokens() {
		return agents.map((user) => this.token(user));
	}

	/* The answer to a good request. */
	async get(url, token) {
		const answer = await request('GET', url, { headers: token ? { Authorization: token } : {} });
		if (answer.status !== 200)
			throw new Error(`${url}: ${answer.status} ${answer.body}`);
		return answer;
	}

	async control(method, path_, body) {
		const answer = await request(method, `${this.sim.url}/control${path_}`, { body });
		if (answer.status !== 200)
			throw new Error(`${method} ${path_}: ${answer.status} ${answer.body}`);
		return answer.json;
	}
}
exports.Site = Site;
