#!/usr/bin/env node
/* The page in a real Chromium: signing in, connecting Dialpad at the simulator's consent page, calling. */
'use strict';

const assert = require('assert');
const { request } = require('../node/dialer');
const { test } = require('../node/runner');
const { Visitor, begin, requestsTo } = require('./fixture');

const NUMBER = '+15551234567';

let dialer;

/* --- what a test has --- */

class Agent extends Visitor {
	async signIn() {
		await this.open();
		await this.page.click('#get-token');
		await this.page.waitForSelector('#signed-in:visible');
	}

	/* From the button to Dialpad's page. */
	async goToConsent() {
		await this.page.click('#connect');
		await this.page.waitForURL((url) => url.pathname === '/oauth2/authorize');
	}

	async comeBack(button) {
		await this.page.click(button);
		await this.page.waitForURL((url) => url.pathname === '/dialer/');
	}

	async connect() {
		await this.goToConsent();
		await this.comeBack('#allow');
		await this.hears('#dialpad-state', 'Connected');
	}

	async cookie() {
		return (await this.context.cookies()).find((c) => c.name === 'dialer_oauth');
	}
}

const statusOf = async (user) => (await dialer.api(user, 'GET', '/dialpad/status')).json;

/* --- the page itself --- */

test('page-keeps-its-own-policy', async (v) => {
	const { headers, body } = await request('GET', `${dialer.server.url}/dialer/`);
	assert.match(headers['content-security-policy'], /^default-src 'self';/);
	assert.doesNotMatch(body, /<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=|javascript:/i);
	await v.open();
	await v.page.waitForSelector('#sign-in:visible');
	assert.strictEqual(await v.page.isVisible('#signed-in'), false);
	/* Were the policy not in force, this would run. */
	await v.page.evaluate(() => {
		const s = document.createElement('script');
		s.textContent = 'window.ran = true';
		document.body.appendChild(s);
	}).catch(() => {});
	assert.strictEqual(await v.page.evaluate(() => window.ran), undefined);
	assert.match(v.complaints.join(), /Content Security Policy/);
	v.complaints = [];
});

/* --- signing in --- */

test('name-and-password-sign-in', async (v) => {
	await v.signIn();
	assert.strictEqual(await v.text('#user'), 'alice');
	await v.hears('#dialpad-state', 'Not connected.');
	await v.page.reload();
	await v.page.waitForSelector('#signed-in:visible');
	await v.page.click('#sign-out');
	await v.page.reload();
	await v.page.waitForSelector('#sign-in:visible');
});

test('wrong-password-does-not', async () => {
	const v = await Agent.arrive({ user: 'alice', password: 'wrong' });
	await v.open();
	await v.page.click('#get-token');
	await v.hears('#message', 'wrong');
	assert.strictEqual(await v.page.isVisible('#signed-in'), false);
	await v.leave();
});

test('pasted-token-signs-in', async () => {
	const v = await Agent.arrive();
	await v.open();
	await v.page.fill('#token', 'nonsense');
	await v.page.press('#token', 'Enter');
	await v.hears('#message', 'not a token');
	await v.page.fill('#token', 'a.b.c');
	await v.page.press('#token', 'Enter');
	await v.hears('#message', 'Sign in again');
	await v.page.waitForSelector('#sign-in:visible');
	await v.page.fill('#token', dialer.token('bob'));
	await v.page.press('#token', 'Enter');
	await v.page.waitForSelector('#signed-in:visible');
	assert.strictEqual(await v.text('#user'), 'bob');
	assert.strictEqual(await v.text('#message'), '');
	await v.leave();
});

/* --- Dialpad --- */

test('connection-from-the-button-back-to-the-page', async (v) => {
	await v.signIn();
	await v.hears('#dialpad-state', 'Not connected.');
	await v.goToConsent();
	assert.strictEqual(await v.text('#client'), 'sim-client');
	assert.match(await v.text('#scopes'), /offline_access/);
	const cookie = await v.cookie();
	assert.strictEqual(cookie.httpOnly, true);
	assert.strictEqual(cookie.sameSite, 'Lax');
	await v.picture('consent');
	await v.comeBack('#allow');
	await v.hears('#dialpad-result', 'Dialpad is connected.');
	await v.hears('#dialpad-state', 'Connected with offline_access.');
	await v.page.waitForURL(`${dialer.server.url}/dialer/`);
	assert.strictEqual(await v.cookie(), undefined);
	assert.strictEqual(await v.page.isVisible('#connect'), false);
	assert.strictEqual(await v.page.isVisible('#disconnect'), true);
	await v.picture('connected');
	assert.strictEqual((await statusOf('alice')).connected, true);
	assert.strictEqual((await statusOf('bob')).connected, false);
	/* A reload shows the state, and does not repeat the news. */
	await v.page.reload();
	await v.hears('#dialpad-state', 'Connected with offline_access.');
	assert.strictEqual(await v.text('#dialpad-result'), '');
	await v.page.goBack();
	await v.page.waitForLoadState();
	assert.strictEqual((await statusOf('alice')).connected, true);
});

test('disconnecting', async (v) => {
	await v.signIn();
	await v.connect();
	await v.page.click('#disconnect');
	await v.hears('#dialpad-result', 'Dialpad disconnected');
	await v.hears('#dialpad-state', 'Not connected.');
	assert.strictEqual((await requestsTo('/oauth2/deauthorize')).length, 1);
	assert.strictEqual(await v.page.isVisible('#connect'), true);
});

test('cancelling-changes-nothing', async (v) => {
	await v.signIn();
	await v.goToConsent();
	await v.comeBack('#cancel');
	await v.hears('#dialpad-result', 'cancelled');
	await v.hears('#dialpad-state', 'Not connected.');
	assert.match(await v.page.getAttribute('#dialpad-result', 'class'), /bad/);
	assert.strictEqual((await requestsTo('/oauth2/token')).length, 0);
	assert.strictEqual((await statusOf('alice')).connected, false);
	await v.connect();
});

test('failure-is-said-in-words', async (v) => {
	await v.signIn();
	await dialer.control('POST', '/faults',
		{ path: '/oauth2/token', method: 'POST', outcome: 'refuse', status: 503, times: 1 });
	await v.goToConsent();
	await v.comeBack('#allow');
	await v.hears('#dialpad-result', 'could not be reached');
	await v.hears('#dialpad-state', 'Not connected.');
	dialer.set({ DIALPAD_REQUIRED_SCOPES: 'calls:list' });
	await dialer.control('POST', '/settings', { dialpad_name_scope: true });
	await v.goToConsent();
	await v.comeBack('#allow');
	await v.hears('#dialpad-result', '(calls:list)');
	assert.strictEqual((await statusOf('alice')).connected, false);
	await v.picture('failure');
});

test('refused-refresh-asks-to-connect-again', async (v) => {
	await v.signIn();
	await dialer.control('POST', '/settings', { dialpad_expires_in: 1 });
	await v.connect();
	await dialer.control('POST', '/faults', { path: '/oauth2/token', method: 'POST',
		outcome: 'refuse', status: 400, body: { error: 'invalid_grant' } });
	await v.page.fill('#number', NUMBER);
	await v.page.click('#call');
	await v.hears('#notice', 'Opening Phone');
	await v.hears('#dialpad-state', 'Connect again');
	assert.strictEqual((await statusOf('alice')).needsReconnect, true);
	await dialer.control('DELETE', '/faults');
	await v.connect();
});

/* Somebody sends his own consent link to another, to get that one's telephone: it ends there. */
test('another-browser-cannot-finish', async (v) => {
	const other = await Agent.arrive({ user: 'bob' });
	await v.signIn();
	await v.goToConsent();
	await other.signIn();
	await other.page.goto(v.page.url());
	await other.page.click('#allow');
	await other.page.waitForURL((url) => url.search.includes('reason=invalid_state') ||
		url.pathname === '/dialer/');
	assert.strictEqual((await statusOf('alice')).connected, false);
	assert.strictEqual((await statusOf('bob')).connected, false);
	assert.strictEqual((await requestsTo('/oauth2/token')).length, 0);
	await other.leave();
	await v.comeBack('#allow');
	await v.hears('#dialpad-state', 'Connected');
	assert.strictEqual((await statusOf('bob')).connected, false);
});

test('foreign-words-stay-words', async (v) => {
	await v.signIn();
	await v.open('?dialpad=error&reason=%3Cimg%20src%3Dx%3E&scope=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E');
	await v.hears('#dialpad-result', '<img src=x onerror=alert(1)>');
	for (const word of ['toString', '__proto__', 'constructor', '%', '%ff']) {
		await v.open(`?dialpad=error&reason=${word}`);
		await v.hears('#dialpad-result', 'Dialpad was not connected.');
	}
	assert.strictEqual(await v.page.locator('img').count(), 0);
});

/* --- calling --- */

test('call-through-dialpad', async (v) => {
	await v.signIn();
	await v.connect();
	await dialer.control('DELETE', '/requests');
	await v.page.fill('#number', '+1 (555) 123-4567');
	await v.page.dblclick('#call');
	await v.hears('#notice', `Calling ${NUMBER} via Dialpad`);
	await v.hears('#calls', 'initiated');
	const cells = await v.page.locator('#calls tr').first().locator('td').allTextContents();
	assert.deepStrictEqual(cells.slice(1, 4), [NUMBER, 'dialpad', 'initiated']);
	assert.strictEqual(await v.page.getAttribute('#notice', 'role'), 'status');
	const placed = (await requestsTo('/api/v2/call')).filter((r) => r.method === 'POST');
	assert.strictEqual(placed.length, 1);
	const { calls } = (await dialer.api('alice', 'GET', '/history')).json;
	assert.strictEqual(JSON.parse(placed[0].body).custom_data, calls[0].id);
	await v.picture('called');
});

test('nobody-to-call-through-offers-the-phone', async (v) => {
	await v.signIn();
	await v.page.fill('#number', NUMBER);
	await v.page.press('#number', 'Enter');
	await v.hears('#notice', 'Opening Phone');
	assert.strictEqual(await v.page.getAttribute('#notice a', 'href'), `tel:${NUMBER}`);
	await v.page.fill('#number', '12');
	await v.page.press('#number', 'Enter');
	await v.page.waitForSelector('#notice.bad');
	assert.strictEqual(await v.page.locator('#notice a').count(), 0);
});

test('lost-answer-is-asked-for-again-not-dialled-again', async (v) => {
	await v.signIn();
	await v.connect();
	await dialer.control('DELETE', '/requests');
	let lost = 0;
	await v.page.route('**/api/dialer/call', async (route) => {
		if (lost++ > 0)
			return route.continue();
		await route.fetch();
		return route.abort();
	});
	await v.page.fill('#number', NUMBER);
	await v.page.click('#call');
	await v.hears('#notice', 'cannot be reached');
	await v.page.click('#call');
	await v.hears('#notice', 'via Dialpad');
	assert.strictEqual(lost, 2);
	const placed = (await requestsTo('/api/v2/call')).filter((r) => r.method === 'POST');
	assert.strictEqual(placed.length, 1);
});

/* --- all of it --- */

begin({
	setUp: async (d) => {
		dialer = d;
		/* Under another name Dialpad is another site, as it is in earnest: what browsers do to cookies
		 * on the way back depends on that. */
		const elsewhere = dialer.sim.url.replace('127.0.0.1', 'localhost');
		await dialer.begin({ DIALPAD_BASE_URL: elsewhere, DIALPAD_REQUIRED_SCOPES: null });
		return Agent.arrive({ user: 'alice' });
	},
});
