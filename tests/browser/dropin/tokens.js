/* Where tokens come from, when they are renewed, and that they stay where they are. */
'use strict';

const assert = require('assert');
const { test } = require('../../node/runner');
const { Clerk, LINK, rows, state, until } = require('./office');

const noMeta = { user: null };

const scriptWith = (attributes) => `<script src="/dialer/dialer.js" defer ${attributes}></script>`;

const callsAs = async (v, user) => {
	await v.page.click('#link');
	await v.toast('Call Initiated');
	assert.strictEqual((await rows(user)).length, 1);
};

/* One that is as good as over. */
const ending = (user) => state.dialer.newToken(user, '--ttl', '20');

test('token-from-an-attribute', async (v) => {
	await v.show(LINK, { ...noMeta, script: scriptWith(`data-token="${state.dialer.token('bob')}"`) });
	await callsAs(v, 'bob');
	assert.ok(!v.asked.includes('POST /token'));
});

for (const [how, code] of Object.entries({
	'that-returns-it': 'return TOKEN;',
	'that-promises-it': 'return Promise.resolve(TOKEN);',
	'that-calls-back': 'setTimeout(function () { done(TOKEN); }, 10);',
}))
	test(`token-from-a-function-${how}`, async (v) => {
		await v.serve('/office/token.js', `var Office = { token: function (done) {
			${code.replace('TOKEN', `'${state.dialer.token('bob')}'`)} } };`, null, 'text/javascript');
		await v.show(LINK, { ...noMeta, script: '<script src="/office/token.js"></script>' +
			scriptWith('data-token-function="Office.token"') });
		await callsAs(v, 'bob');
		assert.ok(!v.asked.includes('POST /token'));
	});

test('token-from-the-dashboard', async (v) => {
	await v.show(LINK, noMeta);
	await v.page.evaluate((token) => window.Dialer.setToken(token), state.dialer.token('bob'));
	assert.deepStrictEqual(await v.page.evaluate(() => window.Dialer.user()), { id: 'bob', admin: false });
	await callsAs(v, 'bob');
	await v.page.evaluate(() => window.Dialer.setToken(null));
	assert.strictEqual(await v.page.evaluate(() => window.Dialer.user()), null);
	assert.deepStrictEqual((await v.told('token')).map(({ detail }) => detail.user), ['bob', null]);
});

test('token-from-the-sign-in-of-the-server', async () => {
	const v = await Clerk.arrive({ user: 'bob' });
	await v.show(LINK, noMeta);
	await callsAs(v, 'bob');
	const asked = v.asked.filter((one) => one === 'POST /token').length;
	await v.show(LINK, noMeta);
	await v.leave();
	assert.ok(asked >= 1 && asked <= 3, `${asked} requests`);
});

test('without-a-token-the-phone-is-offered', async () => {
	const v = await Clerk.arrive({ user: 'alice', password: 'wrong' });
	await v.show(LINK, noMeta);
	await v.page.click('#link');
	await v.toast('Sign In');
	assert.strictEqual((await v.told('failed'))[0].detail.code, 'sign_in');
	assert.deepStrictEqual(v.posts, []);
	assert.deepStrictEqual(v.opened, []);
	assert.strictEqual(await v.page.getAttribute('.dialer-toast a', 'href'), 'tel:+1 (555) 123-4567');
	await v.page.click('.dialer-toast a');
	await until('opened', () => v.opened.length === 1);
	/* Dialled by hand, it is in the history as soon as somebody has signed in. */
	await v.page.evaluate((token) => window.Dialer.setToken(token), state.dialer.token('alice'));
	await until('logged', async () => (await rows()).length === 1);
	assert.strictEqual((await rows())[0].provider, 'tel');
	await v.leave();
});

test('token-is-renewed-before-it-ends', async (v) => {
	await v.serve('/office/token.js', `var given = [], n = 0;
		function token() { var all = ${JSON.stringify([ending('bob'), state.dialer.token('bob')])};
			given.push(n); return all[Math.min(n++, 1)]; }`, null, 'text/javascript');
	await v.clock();
	await v.show(LINK, { ...noMeta, script: '<script src="/office/token.js"></script>' +
		scriptWith('data-token-function="token"') });
	/* A token that has just come is taken, whatever the clock of this machine says. */
	await until('status', () => v.asked.includes('GET /dialpad/status'));
	await v.page.clock.fastForward(70000);
	await callsAs(v, 'bob');
	assert.deepStrictEqual(await v.page.evaluate(() => window.given), [0, 1]);
});

test('ended-token-in-the-page-gives-way', async () => {
	const v = await Clerk.arrive({ user: 'bob' });
	state.dialer.clock(-3600000);
	const ended = ending('alice');
	state.dialer.clock(0);
	await v.show(LINK, { ...noMeta, head: `<meta name="dialer-token" content="${ended}">` });
	await callsAs(v, 'bob');
	await v.leave();
});

test('refused-token-is-renewed-once', async () => {
	const v = await Clerk.arrive({ user: 'bob' });
	const wrong = state.dialer.token('alice').replace(/.$/, (c) => (c === 'A' ? 'E' : 'A'));
	await v.show(LINK, { ...noMeta, script: scriptWith(`data-token="${wrong}" data-cti="off"`) });
	await callsAs(v, 'bob');
	assert.strictEqual(v.posts.length, 2);
	assert.strictEqual(v.posts[0].key, v.posts[1].key);
	await v.leave();
});

test('refused-for-ever-asks-to-sign-in', async () => {
	const v = await Clerk.arrive({ user: 'bob' });
	await v.show(LINK);
	await v.answer(401, { error: { code: 'unauthorized' } });
	await v.page.click('#link');
	await v.toast('Sign In');
	await v.quiet();
	assert.strictEqual(v.posts.length, 2);
	assert.deepStrictEqual(v.opened, []);
	await v.leave();
});

test('token-is-nowhere-but-in-memory', async () => {
	const v = await Clerk.arrive({ user: 'bob' });
	const addresses = [];
	v.page.on('request', (r) => addresses.push(r.url()));
	await v.show(LINK, noMeta);
	await callsAs(v, 'bob');
	const kept = await v.page.evaluate(() => [JSON.stringify(localStorage), JSON.stringify(sessionStorage),
		document.cookie, location.href, document.documentElement.outerHTML].join('\n'));
	assert.doesNotMatch(kept, /eyJ/);
	assert.doesNotMatch(addresses.join('\n'), /eyJ/);
	assert.deepStrictEqual((await v.context.cookies()), []);
	await v.leave();
});
