/*
 * What the tests in a browser share: one Chromium and one server (tests/node/dialer.js) for a file of
 * tests, and visitors with a browser profile of their own.
 *
 *   begin({ settings, setUp })   runs the tests of the file; setUp(dialer) gives each its visitor. `Server`:
 *                                another server than dialer-serve, a class
 *   Visitor.arrive({ user })     a profile and a page; `user` can answer Apache's question for a
 *                                password. What the page complains about (errors of scripts, the
 *                                console, what its policy refused) fails the test.
 */
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');
const { Dialer, build, users } = require('../node/dialer');
const { run } = require('../node/runner');

const PATIENCE_MS = 30000;
const pictures = path.join(build, 'tests/log');

let dialer, browser;

class Visitor {
	static async arrive({ user, password, ...profile } = {}) {
		const v = new this();
		if (user)
			profile.httpCredentials = { username: user, password: password || users[user] };
		v.context = await browser.newContext(profile);
		v.complaints = [];
		v.context.on('weberror', (error) => v.complaints.push(String(error.error())));
		v.context.on('console', (said) => {
			if (said.type() === 'error' && !/Failed to load resource/.test(said.text()))
				v.complaints.push(said.text());
		});
		v.page = await v.context.newPage();
		v.page.setDefaultTimeout(PATIENCE_MS);
		return v;
	}

	/* Below the server's address; without a leading slash below /dialer/. */
	async open(rest = '') {
		await this.page.goto(dialer.server.url + (rest.startsWith('/') ? rest : `/dialer/${rest}`));
	}

	/* Until the element says this. */
	async hears(selector, text) {
		await this.page.waitForFunction(
			([s, t]) => {
				const element = document.querySelector(s);
				return element && element.textContent.includes(t);
			}, [selector, text])
			.catch(async () => assert.fail(`${selector} says "${await this.said(selector)}", not "${text}"`));
	}

	/* What the element says, if it is there. */
	said(selector) {
		return this.page.evaluate((s) => {
			const element = document.querySelector(s);
			return element ? element.textContent : '(it is not there)';
		}, selector);
	}

	text(selector) {
		return this.page.textContent(selector);
	}

	/* Kept beside the output of the tests. */
	picture(name, options = { fullPage: true }) {
		return this.page.screenshot({ path: path.join(pictures, `${name}.png`), ...options });
	}

	async leave() {
		await this.context.close();
		this.agree();
	}

	/* Nobody has complained. */
	agree() {
		assert.deepStrictEqual(this.complaints, []);
	}
}
exports.Visitor = Visitor;

/* What the simulator was asked below a path. */
exports.requestsTo = async (prefix) =>
	(await dialer.control('GET', `/requests?path=${prefix}`)).requests;

const launch = () => chromium.launch({
	executablePath: '/usr/bin/chromium',
	/* It only ever sees pages of ours; without this it does not run as root. */
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
		'--disable-background-networking', '--disable-component-update', '--disable-breakpad',
		'--disable-extensions'],
});

const main = async ({ settings, setUp, seconds = 60, Server = Dialer }) => {
	fs.mkdirSync(pictures, { recursive: true });
	[dialer, browser] = await Promise.all([
		Server.start({ DIALER_CALLS_PER_MINUTE: 0, ...settings }), launch()]);
	const good = await run({ setUp: () => setUp(dialer), tearDown: (v) => v.leave(), seconds });
	await browser.close();
	if (!good)
		console.log(dialer.log());
	await dialer.stop();
	process.exitCode = good ? 0 : 1;
};

exports.begin = (options) => main(options).catch((error) => {
	console.log(`FAIL browser-starts\n    ${error.stack}`);
	process.exit(1);
});
