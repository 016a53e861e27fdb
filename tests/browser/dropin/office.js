/* Somebody in an office, whose dashboard got the script tag: what his browser shows, asks and opens. */
'use strict';

const assert = require('assert');
const fs = require('fs');
const { users } = require('../../node/dialer');
const { Visitor } = require('../fixture');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const POLICY = "default-src 'self'";
const SCRIPT = '<script src="/dialer/dialer.js" defer></script>';
const NUMBER = '+15551234567';

const state = { dialer: null };
exports.state = state;
exports.NUMBER = NUMBER;
exports.SCRIPT = SCRIPT;
exports.LINK = '<a id="link" href="tel:+1 (555) 123-4567">Mrs Miller</a>';

let waiting = null; /* one who has left his browser as it was: arriving anew costs most of a test */

class Clerk extends Visitor {
	static async arrive(profile) {
		if (waiting && !profile) {
			const v = waiting;
			waiting = null;
			return v.begin();
		}
		const v = await super.arrive(profile);
		v.begin();
		v.changed = !!profile; /* the browser is not as another test expects it */
		v.page.on('request', () => v.pending++);
		v.page.on('requestfinished', () => v.pending--);
		v.page.on('requestfailed', () => v.pending--);
		const devtools = await v.context.newCDPSession(v.page);
		await devtools.send('Page.enable');
		devtools.on('Page.frameRequestedNavigation', ({ url }) => {
			if (/^tel:/.test(url))
				v.opened.push(decodeURIComponent(url));
		});
		v.page.on('request', (r) => {
			const url = new URL(r.url());
			if (!url.pathname.startsWith('/api/dialer/'))
				return;
			v.asked.push(`${r.method()} ${url.pathname.slice('/api/dialer'.length)}`);
			if (r.method() === 'POST' && url.pathname === '/api/dialer/call')
				v.posts.push({ key: r.headers()['idempotency-key'], body: r.postDataJSON() });
		});
		return v;
	}

	begin() {
		/* Telephone links the browser was told to open. As nobody takes them here, it may then ask what
		 * to do, and hears no mouse and no key any more. */
		this.opened = [];
		this.asked = []; /* requests to the interface: "METHOD /path" */
		this.posts = []; /* of POST /call: {key, body} */
		this.pending = 0;
		return this;
	}

	async leave() {
		if (this.changed || this.opened.length > 0 || waiting)
			return super.leave();
		await this.page.unrouteAll({ behavior: 'ignoreErrors' });
		await this.page.goto('about:blank');
		this.agree();
		waiting = this;
	}

	/* From now on time passes as the test says. */
	clock(options) {
		this.changed = true;
		return this.page.clock.install(options);
	}

	/* Shows a page of the office with this body. `user`: whose token stands in its head. */
	async show(body, { user = 'alice', head = '', policy = POLICY, script = SCRIPT, path = '/office/' } = {}) {
		const meta = user ? `<meta name="dialer-token" content="${state.dialer.token(user)}">` : '';
		const page = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Office</title>
			${meta}${head}${script}</head><body><main><h1>Office</h1>${body}</main></body></html>`;
		await this.serve(path, page, policy);
		await this.open(path);
		await this.page.evaluate(() => {
			window.told = [];
			for (const name of ['placed', 'failed', 'status', 'token'])
				document.addEventListener(`dialer:${name}`, (e) =>
					window.told.push({ name, id: e.target.id, detail: e.detail }));
		});
	}

	/* A file of the office on the server of the dashboard. */
	async serve(path, body, policy, contentType = 'text/html; charset=utf-8') {
		await this.page.route((url) => url.pathname === path, (route) => route.fulfill({ body, contentType,
			headers: policy ? { 'Content-Security-Policy': policy } : {} }));
	}

	/* POST /call is answered so, instead of by the server. */
	async answer(status, body = {}, headers = {}) {
		await this.page.unroute('**/api/dialer/call');
		await this.page.route('**/api/dialer/call', (route) =>
			route.fulfill({ status, headers, json: { success: status < 300, message: 'Said by the test.', ...body } }));
	}

	/* Until a toast (not a past one) says this. */
	toast(text) {
		return this.hears('.dialer-toasts', text);
	}

	toasts() {
		return this.page.locator('.dialer-toast').allTextContents();
	}

	/* What axe finds wrong with the page. */
	async findings() {
		await this.page.evaluate(axe);
		const { violations } = await this.page.evaluate(() => window.axe.run(document, { iframes: false }));
		return violations.map((one) => `${one.id}: ${one.nodes.map((n) => n.html).join(' ')}`);
	}

	/* The events so far with this name, after at least one has come. */
	async told(name) {
		await this.page.waitForFunction((n) => window.told.some((one) => one.name === n), name);
		return this.page.evaluate((n) => window.told.filter((one) => one.name === n), name);
	}

	/* Nothing is under way any more, and nothing more comes for a while. */
	async quiet() {
		for (let still = 0; still < 5; still++) {
			if (this.pending > 0)
				still = 0;
			await new Promise((done) => setTimeout(done, 40));
		}
	}
}
exports.Clerk = Clerk;

/* Until it is true; what it is about is said when it never is. */
exports.until = async (what, is) => {
	const end = Date.now() + 20000;
	for (let pause = 20; !await is(); pause = Math.min(pause * 1.5, 200)) {
		assert.ok(Date.now() < end, `never: ${what}`);
		await new Promise((done) => setTimeout(done, pause));
	}
};

/* Calls at the provider, whatever its lists show. */
exports.dialled = async () => (await state.dialer.control('GET', '/calls')).calls;

const history = async (user) => (await state.dialer.api(user, 'GET', '/history?limit=100')).json.calls;

/* The rows that came since the test began, the newest first. */
exports.rows = async (user = 'alice') => (await history(user)).filter(({ id }) => !state.before.has(id));

exports.remember = async () => {
	const all = await Promise.all(Object.keys(users).map(history));
	state.before = new Set(all.flat().map(({ id }) => id));
};
