/* Dialpad's telephone in a frame of the page, on a site of its own. */
'use strict';

const assert = require('assert');
const { test } = require('../../node/runner');
const { request } = require('../../node/dialer');
const { LINK, NUMBER, dialled, rows, state, until } = require('./office');

const CLIENT = 'client-1';
const IN = { user_authenticated: true, user_id: 1 };

/* Hears and says what a test wants. */
const FRAME = `<!DOCTYPE html><title>Dialpad</title><script>
	var heard = [];
	addEventListener('message', function (e) { heard.push({ origin: e.origin, data: e.data }); });
	function say(method, payload, api, version) {
		parent.postMessage({ api: api || 'opencti_dialpad', version: version || '1.0', method: method,
			payload: payload }, '*');
	}
</script>`;

/* On another site than the page's. */
const site = () => state.dialer.sim.url.replace('127.0.0.1', 'localhost');

const show = async (v, { policy = `default-src 'self'; frame-src ${site()}`, headers = {}, ...more } = {}) => {
	state.dialer.set({ DIALPAD_CTI_CLIENT_ID: CLIENT, DIALPAD_BASE_URL: site() });
	await v.page.route((url) => url.origin === site(), (route) =>
		route.fulfill({ contentType: 'text/html', body: FRAME, headers }));
	await v.show(LINK + (more.body || ''), { policy, ...more });
};

const frameOf = async (v, path = `/apps/${CLIENT}`) => {
	const at = () => v.page.frames().find((f) => f.url() === site() + path);
	await until(`a frame with ${path}`, at);
	await at().waitForLoadState();
	return at();
};

const say = (frame, ...what) => frame.evaluate((all) => window.say(...all), what);

/* The messages the frame got. */
const heard = (frame) => frame.evaluate(() => window.heard);

const ready = async (v) => {
	const frame = await frameOf(v);
	await say(frame, 'user_authentication', IN);
	await v.hears('.dialer-cti-button', 'Dialpad');
	await v.page.waitForFunction(() => document.querySelector('.dialer-cti-button').textContent === 'Dialpad');
	return frame;
};

/* It went the other way, and the frame heard nothing. */
const calledByServer = async (v, frame) => {
	await v.toast('via Aircall');
	assert.strictEqual(v.posts.length, 1);
	assert.strictEqual(v.posts[0].body.placedBy, undefined);
	if (frame)
		assert.deepStrictEqual(await heard(frame), []);
};

test('signed-in-cti-dials-after-the-server-was-asked', async (v) => {
	await show(v);
	const frame = await ready(v);
	await v.page.dblclick('#link');
	await v.toast(`Call Initiated Calling ${NUMBER} via Dialpad`);
	await until('the message', async () => (await heard(frame)).length > 0);
	await v.quiet();
	const [call] = await rows();
	assert.deepStrictEqual([call.provider, call.phoneNumber], ['cti', NUMBER]);
	assert.deepStrictEqual(await heard(frame), [{ origin: state.dialer.server.url, data: {
		api: 'opencti_dialpad', version: '1.0', method: 'initiate_call',
		payload: { phone_number: NUMBER, enable_current_tab: true, custom_data: call.id } } }]);
	assert.strictEqual(v.posts.length, 1);
	assert.strictEqual(v.posts[0].body.placedBy, 'cti');
	assert.deepStrictEqual(v.opened, []);
	assert.strictEqual((await dialled()).length, 0);
});

test('signed-out-cti-is-not-used', async (v) => {
	await show(v);
	const frame = await ready(v);
	await say(frame, 'user_authentication', { user_authenticated: false });
	await v.hears('.dialer-cti-button', 'sign in');
	await v.page.click('#link');
	await calledByServer(v, frame);
});

test('sign-in-that-comes-while-a-click-waits', async (v) => {
	await show(v);
	const frame = await frameOf(v);
	await v.page.click('#link');
	await say(frame, 'user_authentication', IN);
	await v.toast('via Dialpad');
	assert.strictEqual((await rows())[0].provider, 'cti');
});

test('silent-frame-holds-a-click-for-three-seconds', async (v) => {
	await v.clock();
	await show(v);
	const frame = await frameOf(v);
	await v.page.clock.pauseAt(new Date(Date.now() + 500));
	await v.page.click('#link');
	await v.quiet();
	assert.deepStrictEqual(v.posts, []);
	await v.page.clock.runFor(3000);
	await until('asked', () => v.posts.length === 1);
	await v.page.clock.resume();
	await calledByServer(v, frame);
	/* It is used as soon as it has spoken. */
	await ready(v);
});

test('blocked-by-the-policy-of-the-page', async (v) => {
	await v.clock();
	await show(v, { policy: "default-src 'self'" });
	await v.page.waitForSelector('.dialer-cti-frame', { state: 'attached' });
	await v.page.click('#link');
	await v.page.clock.runFor(3000);
	await calledByServer(v);
	assert.match(v.complaints.join(), /Content Security Policy/);
	v.complaints = [];
});

test('blocked-by-dialpad', async (v) => {
	await v.clock();
	await show(v, { headers: { 'X-Frame-Options': 'DENY' } });
	await v.page.waitForSelector('.dialer-cti-frame', { state: 'attached' });
	await v.page.click('#link');
	await v.page.clock.runFor(3000);
	await calledByServer(v);
	v.complaints = v.complaints.filter((one) => !/X-Frame-Options/.test(one));
});

/* Another frame of that site, a frame of another site, and what has come into the frame instead. */
test('words-of-others-do-not-count', async (v) => {
	const other = state.dialer.sim.url;
	await v.page.route((url) => url.origin === other, (route) =>
		route.fulfill({ contentType: 'text/html', body: FRAME }));
	await v.clock();
	await show(v, { policy: `default-src 'self'; frame-src ${site()} ${other}`,
		body: `<iframe title="a" src="${site()}/other"></iframe><iframe title="b" src="${other}/apps/x"></iframe>` });
	const frame = await frameOf(v);
	await say(await frameOf(v, '/other'), 'user_authentication', IN);
	const foreign = v.page.frames().find((f) => f.url() === `${other}/apps/x`);
	await foreign.waitForLoadState();
	await say(foreign, 'user_authentication', IN);
	await say(frame, 'user_authentication', IN, 'other_api');
	await say(frame, 'user_authentication', IN, 'opencti_dialpad', '2.0');
	await say(frame, 'user_authentication', { user_authenticated: 'true' }, 'opencti_dialpad', '1.1');
	await frame.evaluate((url) => { location.href = url; }, `${other}/instead`);
	const instead = () => v.page.frames().find((f) => f.url() === `${other}/instead`);
	await until('the frame is elsewhere', instead);
	await instead().waitForLoadState();
	await say(instead(), 'user_authentication', IN);
	await v.page.evaluate((payload) => window.postMessage(
		{ api: 'opencti_dialpad', version: '1.0', method: 'user_authentication', payload }, '*'), IN);
	await v.page.click('#link');
	await v.page.clock.runFor(3000);
	await calledByServer(v, instead());
});

test('call-that-the-server-refuses-is-not-dialled', async (v) => {
	state.dialer.set({ DIALER_BLOCKED_PREFIXES: '+1555' });
	await show(v);
	const frame = await ready(v);
	await v.page.click('#link');
	await v.toast('Not Allowed');
	await v.quiet();
	assert.deepStrictEqual(await heard(frame), []);
	assert.deepStrictEqual(v.opened, []);
});

test('lost-answer-dials-once', async (v) => {
	await v.page.route('**/api/dialer/call', async (route) => {
		await route.fetch();
		await route.abort('connectionreset');
	}, { times: 1 });
	await show(v);
	const frame = await ready(v);
	await v.page.click('#link');
	await until('the message', async () => (await heard(frame)).length > 0);
	await v.quiet();
	assert.strictEqual((await heard(frame)).length, 1);
	assert.strictEqual((await rows()).length, 1);
});

/* Only the page would have dialled, and it has not. */
test('server-that-is-gone-leaves-the-plain-link', async (v) => {
	await show(v);
	const frame = await ready(v);
	await v.page.route('**/api/dialer/call', (route) => route.abort('connectionreset'));
	await v.page.route('**/api/dialer/history?*', (route) => route.abort('connectionreset'));
	await v.page.click('#link');
	await v.toast('Opening Phone');
	await until('opened', () => v.opened.length === 1);
	assert.deepStrictEqual(await heard(frame), []);
});

test('frame-only-where-it-is-set-up', async (v) => {
	await v.show(LINK);
	await until('status', () => v.asked.includes('GET /dialpad/status'));
	await v.quiet();
	assert.strictEqual(await v.page.locator('iframe').count(), 0);
	await show(v, { script: '<script src="/dialer/dialer.js" defer data-cti="off"></script>' });
	await v.quiet();
	assert.strictEqual(await v.page.locator('iframe').count(), 0);
});

test('panel-opens-by-keyboard-and-for-a-call', async (v) => {
	const open = () => v.page.getAttribute('.dialer-cti-button', 'aria-expanded');
	await show(v);
	const frame = await ready(v);
	assert.strictEqual(await open(), 'false');
	assert.strictEqual(await v.page.isVisible('.dialer-cti-frame'), false);
	await v.page.focus('.dialer-cti-button');
	await v.page.keyboard.press('Enter');
	assert.strictEqual(await v.page.isVisible('.dialer-cti-frame'), true);
	assert.deepStrictEqual(await v.findings(), []);
	await v.page.keyboard.press('Enter');
	assert.strictEqual(await v.page.isVisible('.dialer-cti-frame'), false);
	await say(frame, 'call_ringing', { state: 'on', id: 1 });
	await v.page.waitForSelector('.dialer-cti-frame:visible');
});

test('shipped-policy-names-dialpad-only-where-it-is-set-up', async (v) => {
	const policy = async () => (await request('GET', `${state.dialer.server.url}/dialer/`))
		.headers['content-security-policy'];
	assert.doesNotMatch(await policy(), /frame-src/);
	state.dialer.set({ DIALPAD_CTI_CLIENT_ID: CLIENT, DIALPAD_BASE_URL: `${site()}/` });
	await state.dialer.down();
	await state.dialer.up();
	assert.match(await policy(), new RegExp(`^default-src 'self';.*; frame-src 'self' ${site()}$`));
	/* And the shipped page works with it. */
	await v.page.route((url) => url.origin === site(), (route) =>
		route.fulfill({ contentType: 'text/html', body: FRAME }));
	await v.open();
	await v.page.evaluate((token) => window.Dialer.setToken(token), state.dialer.token('alice'));
	await ready(v);
	state.dialer.set({ DIALPAD_CTI_CLIENT_ID: null });
	await state.dialer.down();
	await state.dialer.up();
	assert.doesNotMatch(await policy(), /frame-src/);
});
