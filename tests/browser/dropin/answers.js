/* What the page does with each answer of POST /call. */
'use strict';

const assert = require('assert');
const { test } = require('../../node/runner');
const { LINK, NUMBER, dialled, rows, state, until } = require('./office');

/* Shows the link, has POST /call answered so, clicks. */
const clickAndHear = async (v, status, body, headers) => {
	await v.answer(status, body, headers);
	await v.show(LINK);
	await v.page.click('#link');
};

const offered = (v) => v.page.locator('.dialer-toast a').count();

const nothingOpened = async (v) => {
	await v.quiet();
	assert.deepStrictEqual(v.opened, []);
};

const code = (word) => ({ error: { code: word } });
const CALL = { id: '6b00893e02dd7c3d3dd24a32', phoneNumber: NUMBER, startTime: '2026-11-20T12:00:00.000Z' };

test('nobody-to-call-through-opens-the-phone', async (v) => {
	state.dialer.set({ AIRCALL_API_KEY: null });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast(`Opening Phone Calling ${NUMBER}...`);
	assert.deepStrictEqual(v.opened, [`tel:${NUMBER}`]);
	const [{ detail }] = await v.told('placed');
	assert.strictEqual(detail.fallback, `tel:${NUMBER}`);
	const [call] = await rows();
	assert.deepStrictEqual([call.status, call.provider], ['handed-off', 'tel']);
	assert.strictEqual(await v.page.getAttribute('#link', 'data-dialer-status'), 'handed-off');
});

test('answer-after-four-seconds-offers-the-phone', async (v) => {
	let answer;
	state.dialer.set({ AIRCALL_API_KEY: null });
	await v.clock();
	await v.page.route('**/api/dialer/call', (route) => { answer = () => route.continue(); });
	await v.show(LINK);
	await v.page.click('#link');
	await until('asked', () => answer);
	await v.page.clock.fastForward(4500);
	await v.toast('Calling +1 (555) 123-4567 ...');
	answer();
	await v.page.waitForSelector('.dialer-toast a');
	assert.deepStrictEqual(v.opened, []);
	assert.strictEqual(await v.page.getAttribute('.dialer-toast a', 'href'), `tel:${NUMBER}`);
	await v.page.click('.dialer-toast a');
	await until('opened', () => v.opened.length === 1);
	assert.strictEqual((await rows()).length, 1);
});

test('foreign-address-is-not-opened', async (v) => {
	await clickAndHear(v, 200, { call: { ...CALL, provider: 'tel', status: 'handed-off' },
		notice: { title: 'Opening Phone', text: '<b>x</b>' }, fallback: { uri: 'javascript:alert(1)' } });
	await v.toast('<b>x</b>');
	await nothingOpened(v);
	assert.strictEqual(await offered(v), 0);
});

test('504-warns-and-offers-nothing', async (v) => {
	await state.dialer.control('POST', '/script', { outcome: 'fail' });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Look at the phone before dialling again');
	await nothingOpened(v);
	assert.strictEqual(await offered(v), 0);
	assert.strictEqual(await v.page.locator('[role=alert] .dialer-toast.dialer-warning').count(), 1);
	const [{ detail }] = await v.told('failed');
	assert.deepStrictEqual([detail.code, detail.status, detail.call.status],
		['provider_unconfirmed', 504, 'unconfirmed']);
	/* A click soon after asks about that call, and makes no second one. */
	await v.page.waitForTimeout(1100);
	await v.page.click('#link');
	await until('asked again', () => v.posts.length === 2);
	await nothingOpened(v);
	assert.strictEqual(v.posts[0].key, v.posts[1].key);
	assert.strictEqual((await dialled()).length, 1);
});

test('unclear-call-that-is-found-is-told', async (v) => {
	await v.page.route(`**/api/dialer/call/${CALL.id}`, (route) =>
		route.fulfill({ json: { success: true, call: { ...CALL, status: 'completed', duration: 42 } } }));
	await clickAndHear(v, 504, { ...code('provider_unconfirmed'), call: { ...CALL, status: 'unconfirmed' } });
	await v.toast('Call Found +1 (555) 123-4567: completed 0:42');
});

test('409-says-that-it-is-running', async (v) => {
	await clickAndHear(v, 409, { ...code('duplicate_call'), message: 'This number is being called already.',
		call: { ...CALL, status: 'completed' } });
	await v.toast('Call Running This number is being called already.');
	await nothingOpened(v);
	assert.strictEqual(await offered(v), 0);
});

test('409-of-an-own-request-waits-for-its-end', async (v) => {
	await clickAndHear(v, 409, { ...code('request_in_progress'), call: { ...CALL, status: 'queued' } });
	await v.toast('Call Running');
	await v.page.unroute('**/api/dialer/call');
	await v.toast('Call Initiated');
	assert.strictEqual(new Set(v.posts.map(({ key }) => key)).size, 1);
	await nothingOpened(v);
});

test('403-says-why', async (v) => {
	state.dialer.set({ DIALER_BLOCKED_PREFIXES: '+1555' });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Not Allowed Calls to this number are not allowed.');
	await nothingOpened(v);
	assert.strictEqual(await offered(v), 0);
	assert.strictEqual((await v.told('failed'))[0].detail.code, 'number_not_allowed');
});

test('429-says-why', async (v) => {
	state.dialer.set({ DIALER_CALLS_PER_MINUTE: 1 });
	await v.show(`${LINK} <a id="other" href="tel:+15557654321">2</a>`, { user: 'bob' });
	await v.page.click('#link');
	await v.toast('Call Initiated');
	await v.page.click('#other');
	await v.toast('Too Many Calls Too many calls');
	await nothingOpened(v);
	assert.strictEqual(await offered(v), 0);
});

test('422-says-so-and-the-link-stays', async (v) => {
	await v.show('<a id="link" href="tel:12">extension</a>');
	await v.page.click('#link');
	await v.toast('Not Called');
	await nothingOpened(v);
	assert.strictEqual((await v.told('failed'))[0].detail.code, 'invalid_phone_number');
	assert.strictEqual(await v.page.getAttribute('#link', 'href'), 'tel:12');
	assert.strictEqual(await v.page.getAttribute('.dialer-toast a', 'href'), 'tel:12');
	await v.page.click('.dialer-toast a');
	await until('opened', () => v.opened.length === 1);
});

test('502-says-why-and-offers-the-phone', async (v) => {
	await state.dialer.control('POST', '/script', { outcome: 'refuse' });
	await v.show('<button id="button">Call</button>');
	const result = await v.page.evaluate((number) => new Promise((done) => {
		window.Dialer.call(number, { fallback: false }, done);
	}), NUMBER);
	assert.deepStrictEqual([result.outcome, result.call.status], ['refused', 'failed']);
	await v.toast('No provider took the call.');
	await nothingOpened(v);
});

let numbers = 1000000;

for (const [status, body] of [
	[503, code('storage_unavailable')], [503, code('unavailable')], [500, code('internal')], [500, {}],
	[404, code('not_found')],
])
	test(`${status}-${body.error ? body.error.code : 'without-code'}-opens-the-phone-and-logs-later`, async (v) => {
		/* One for each test: the history is looked into by the second. */
		const number = `+1555${String(++numbers).padStart(7, '0')}`;
		await v.answer(status, body);
		await v.show(`<a id="link" href="tel:${number};ext=1">1</a>`);
		await v.page.click('#link');
		await v.toast(`Opening Phone Calling ${number}...`);
		await until('opened', () => v.opened.length === 1);
		assert.deepStrictEqual(v.opened, [`tel:${number};ext=1`]);
		assert.strictEqual((await rows()).length, 0);
		await v.page.unroute('**/api/dialer/call');
		await v.page.evaluate(() => window.dispatchEvent(new Event('online')));
		await until('logged', async () => (await rows()).length === 1);
		const [call] = await rows();
		assert.deepStrictEqual([call.status, call.provider, call.phoneNumber], ['handed-off', 'tel', number]);
		assert.strictEqual((await dialled()).length, 0);
	});

/* A dashboard on another host. */
test('server-of-another-origin', async (v) => {
	const { server } = state.dialer;
	const office = server.url.replace('127.0.0.1', 'localhost');
	state.dialer.set({ DIALER_CORS_ORIGINS: office });
	await v.page.route('**/api/dialer/call', (route) => route.abort('connectionreset'), { times: 3 });
	/* A page without a policy, and really from there: browsers look where pages come from. */
	await v.page.goto(`${office}/api/dialer/health`);
	await v.page.evaluate(([url, token, link]) => {
		const script = document.createElement('script');
		script.src = `${url}/dialer/dialer.js`;
		script.dataset.api = `${url}/api/dialer`;
		script.dataset.token = token;
		document.body.innerHTML = link;
		document.body.append(script);
	}, [server.url, state.dialer.token('alice'), LINK]);
	await v.page.waitForSelector('.dialer-ui', { state: 'attached' });
	await v.page.click('#link');
	/* The clock of that server is known, too. */
	await v.toast('Opening Phone');
	assert.strictEqual(v.posts.length, 3);
	await until('logged', async () => (await rows()).length === 1);
});

/* The one of a proxy, such as a page that asks to sign in. */
test('another-servers-answer-opens-the-phone', async (v) => {
	await v.page.route(/api\/dialer\/(call|health|dialpad)/, (route) =>
		route.fulfill({ contentType: 'text/html', body: '<h1>Sign in</h1>' }));
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Opening Phone');
	await until('opened', () => v.opened.length === 1);
});
