/* Which clicks call, and which do not. */
'use strict';

const assert = require('assert');
const { test } = require('../../node/runner');
const { Clerk, LINK, NUMBER, SCRIPT, dialled, rows, until } = require('./office');

test('click-places-a-call-and-leaves-the-page-as-it-is', async (v) => {
	await v.show(`${LINK} <input id="field" autofocus>`);
	await v.page.click('#link');
	await v.toast(`Call Initiated Calling ${NUMBER} via Aircall`);
	const [call] = await rows();
	assert.strictEqual(call.phoneNumber, NUMBER);
	assert.strictEqual(call.status, 'initiated');
	assert.strictEqual((await dialled()).length, 1);
	assert.strictEqual(await v.page.getAttribute('#link', 'href'), 'tel:+1 (555) 123-4567');
	assert.strictEqual(await v.text('#link'), 'Mrs Miller');
	assert.strictEqual(await v.page.evaluate(() => document.activeElement.id), 'link');
	assert.deepStrictEqual(v.opened, []);
	const [{ id, detail }] = await v.told('placed');
	assert.strictEqual(id, 'link');
	assert.strictEqual(detail.call.id, call.id);
	assert.strictEqual(detail.fallback, null);
	assert.match(v.posts[0].key, /^[0-9a-f]{32}$/);
});

test('numbers-are-passed-on-whole', async (v) => {
	const forms = {
		'tel:+1-555-123-4567;ext=12': '+15551234567',
		'TEL:+1%20555%20123%204568': '+15551234568',
		'tel:+44 (0)20 7946 0000': '+442079460000',
		'tel:20-7946-0001;phone-context=+44': '+442079460001',
		'tel://+1.555.123.4569': '+15551234569',
		' tel:+15551234570;isub=1;postd=pp22 ': '+15551234570',
	};
	await v.show(Object.keys(forms).map((href) => `<p><a href="${href}">call</a></p>`).join(''));
	for (let i = 0; i < Object.keys(forms).length; i++) {
		await v.page.locator('main a').nth(i).click();
		await until(`request ${i}`, () => v.posts.length > i);
	}
	await v.toast('+15551234570');
	assert.deepStrictEqual((await rows()).map((c) => c.phoneNumber).sort(), Object.values(forms).sort());
	assert.strictEqual(v.posts[0].body.phoneNumber, 'tel:+1-555-123-4567;ext=12');
	assert.strictEqual(v.posts[1].body.phoneNumber, 'tel:+1 555 123 4568');
	assert.strictEqual(v.posts[5].body.phoneNumber, 'tel:+15551234570;isub=1;postd=pp22');
});

test('ids-of-client-contact-and-deal-go-with-the-call', async (v) => {
	await v.show(`<div data-dialer-client="c-1" data-dialer-deal="no">
		<a id="link" href="tel:${NUMBER}" data-dialer-contact="k&quot;2" data-dialer-deal="d-3">x</a></div>`);
	await v.page.click('#link');
	await v.toast('Call Initiated');
	const [call] = await rows();
	assert.deepStrictEqual([call.clientId, call.contactId, call.dealId], ['c-1', 'k"2', 'd-3']);
});

test('links-that-come-later-and-what-is-in-them', async (v) => {
	await v.show('<div id="list"></div>');
	await v.page.evaluate((number) => {
		document.getElementById('list').innerHTML =
			`<a href="tel:${number}"><span><b id="deep">call</b></span></a>`;
	}, NUMBER);
	await v.page.click('#deep');
	await v.toast('Call Initiated');
	assert.strictEqual(v.posts.length, 1);
});

test('included-twice-is-included-once', async (v) => {
	await v.show(LINK, { script: SCRIPT + SCRIPT });
	await v.page.addScriptTag({ url: '/dialer/dialer.js?again' });
	await v.page.click('#link');
	await v.toast('Call Initiated');
	await v.quiet();
	assert.strictEqual(v.posts.length, 1);
	assert.strictEqual(await v.page.locator('.dialer-ui').count(), 1);
	assert.strictEqual(await v.page.locator('link[rel=stylesheet]').count(), 1);
});

test('adds-one-global', async (v) => {
	await v.show(LINK, { script: '' });
	const before = await v.page.evaluate(() => Object.getOwnPropertyNames(window));
	await v.page.addScriptTag({ url: '/dialer/dialer.js' });
	await v.page.click('#link');
	await v.toast('Call Initiated');
	const after = await v.page.evaluate(() => Object.getOwnPropertyNames(window));
	assert.deepStrictEqual(after.filter((name) => !before.includes(name)), ['Dialer']);
});

test('off-leaves-links-alone', async (v) => {
	const page = `<a id="a" href="tel:${NUMBER}" data-dialer="off">1</a>
		<div data-dialer="off"><p><a id="b" href="tel:${NUMBER}">2</a></p>
		<p data-dialer="on"><a id="c" href="tel:${NUMBER}">3</a></p></div>
		<a id="d" href="#tel:1">4</a> <a id="e">5</a>`;
	await v.show(page);
	await v.page.click('#c');
	await v.toast('Call Initiated');
	await v.page.click('#d');
	await v.page.click('#e');
	await v.page.click('#a');
	await until('a is opened', () => v.opened.length === 1);
	const other = await Clerk.arrive();
	await other.show(page);
	await other.page.click('#b');
	await until('b is opened', () => other.opened.length === 1);
	await other.quiet();
	assert.strictEqual(v.posts.length, 1);
	assert.deepStrictEqual(other.posts, []);
	await other.leave();
});

test('other-clicks-are-the-browsers', async (v) => {
	await v.show(LINK);
	for (const modifiers of [['Control'], ['Shift'], ['Alt'], ['Meta']])
		await v.page.click('#link', { modifiers });
	await v.page.click('#link', { button: 'middle' });
	await v.page.click('#link', { button: 'right' });
	await v.quiet();
	assert.deepStrictEqual(v.posts, []);
});

test('keys-call-and-a-key-held-down-calls-once', async (v) => {
	await v.clock();
	await v.show(LINK);
	await v.page.focus('#link');
	for (let i = 0; i < 20; i++)
		await v.page.keyboard.down('Enter');
	await v.toast('Call Initiated');
	await v.page.keyboard.up('Enter');
	/* Some browsers click at each repetition of the key. */
	for (let i = 0; i < 20; i++) {
		await v.page.clock.runFor(350); /* and a busy machine's own time, together below a second */
		await v.page.$eval('#link', (link) => link.click());
	}
	await v.quiet();
	assert.strictEqual((await dialled()).length, 1);
	assert.strictEqual(v.posts.length, 1);
	assert.deepStrictEqual(v.opened, []);
});

test('double-click-calls-once', async (v) => {
	await v.show(`${LINK} <a id="same" href="tel:+1.555.123.4567">again</a>`);
	await v.page.dblclick('#link');
	await v.page.click('#same');
	await v.toast('Call Initiated');
	/* A click of its own a while later says why it does nothing. */
	await v.page.waitForTimeout(1100);
	await v.page.click('#same');
	await v.toast('being called already');
	assert.strictEqual((await dialled()).length, 1);
	assert.strictEqual(v.posts.length, 1);
});

test('page-may-refuse-a-call', async (v) => {
	await v.show(`<p id="p"><a id="a" href="tel:${NUMBER}">1</a> <a id="b" href="tel:${NUMBER}">2</a></p>
		<p><a id="c" href="tel:${NUMBER}">3</a></p>`);
	await v.page.evaluate(() => {
		document.getElementById('a').onclick = () => false;
		document.getElementById('b').addEventListener('click', (e) => { e.preventDefault(); e.stopPropagation(); });
		document.addEventListener('click', (e) => { if (e.target.id === 'c') e.preventDefault(); });
	});
	for (const id of ['a', 'b', 'c'])
		await v.page.click(`#${id}`);
	await v.quiet();
	assert.deepStrictEqual(v.posts, []);
	assert.deepStrictEqual(v.opened, []);
});

/* The handlers of the page run first, and once. */
test('page-that-keeps-clicks-to-itself-still-calls', async (v) => {
	await v.show([1, 2, 3, 4].map((i) => `<div><a id="l${i}" href="tel:${NUMBER}${i}"><b id="b${i}">x</b></a></div>`)
		.join(''));
	await v.page.evaluate(() => {
		window.handled = [];
		const stop = (id, selector, capture) =>
			document.querySelector(selector).addEventListener('click', (e) => {
				if (!e.target.closest(id))
					return;
				window.handled.push([id, e.defaultPrevented]);
				e.stopPropagation();
			}, capture);
		stop('#b1', '#b1', false);
		stop('#l2', '#l2', false);
		stop('#l3', 'main', false);
		stop('#l4', 'main', true);
	});
	for (const i of [1, 2, 3, 4])
		await v.page.click(`#b${i}`);
	await until('four requests', () => v.posts.length === 4);
	assert.deepStrictEqual(await v.page.evaluate(() => window.handled),
		[['#b1', false], ['#l2', false], ['#l3', false], ['#l4', false]]);
	assert.deepStrictEqual(v.opened, []);
});

test('call-by-the-page-itself', async (v) => {
	await v.show('<button id="button">Call</button>');
	const result = await v.page.evaluate((number) => new Promise((done) => {
		window.Dialer.call(number, { clientId: 'c', element: document.getElementById('button') }, done);
	}), NUMBER);
	assert.strictEqual(result.outcome, 'placed');
	assert.strictEqual(result.call.clientId, 'c');
	assert.strictEqual((await v.told('placed'))[0].id, 'button');
	const again = await v.page.evaluate((number) => new Promise((done) => {
		window.Dialer.call(number, {}, done);
	}), NUMBER);
	assert.strictEqual(again.outcome, 'running');
});
