/* A page of 2005: frames, tables, inline handlers, and a library that extends what it can get at. */
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { test } = require('../../node/runner');
const { SCRIPT, rows, state } = require('./office');

const NUMBERS = 5000;
const library = fs.readFileSync(path.join(__dirname, 'library-of-2005.js'), 'utf8');

const number = (n) => `+1555${String(1000000 + n)}`;

const row = (n) => `<TR BGCOLOR="#${n % 2 ? 'EEEEEE' : 'FFFFFF'}" ONCLICK="rowClicked(this)"><TD>${n}</TD>
	<TD><FONT COLOR=red>Customer ${n}</FONT></TD>
	<TD NOWRAP><A ID="n${n}" HREF="tel:${number(n)}"
	ONMOUSEOVER="window.status='call'; return true">${number(n)}</A></TD></TR>`;

const list = (script) => `<HTML><HEAD><TITLE>Customers</TITLE>
	<META NAME="dialer-token" CONTENT="${state.dialer.token('alice')}">
	<SCRIPT LANGUAGE="JavaScript" SRC="/office/library.js"></SCRIPT>${script}
	<SCRIPT LANGUAGE="JavaScript"><!--
		var clicked = [], placed = [], Dialer = 'mine', status = '', name = 'list';
		function rowClicked(tr) { clicked.push(tr.cells[0].innerHTML); }
		document.observe('dialer:placed', function (e) { placed.push(e.memo.call.phoneNumber); });
		window.onload = function () { $('customers').hide().show(); };
	//--></SCRIPT></HEAD>
	<BODY BGCOLOR=white><CENTER><TABLE ID="customers" BORDER=1 CELLPADDING=2>
	${Array.from({ length: NUMBERS }, (_, n) => row(n)).join('\n')}
	</TABLE></CENTER></BODY></HTML>`;

const frames = `<HTML><HEAD><TITLE>Office</TITLE>${SCRIPT}</HEAD><FRAMESET COLS="120,*">
	<FRAME NAME="menu" SRC="/office/menu"><FRAME NAME="list" SRC="/office/list"></FRAMESET></HTML>`;

const show = async (v, script, start) => {
	await v.serve('/office/library.js', library, null, 'text/javascript');
	await v.serve('/office/menu', '<HTML><BODY>Menu</BODY></HTML>');
	await v.serve('/office/list', list(script));
	await v.serve('/office/frames', frames);
	await v.open(start);
};

const tableOf = (frame) => frame.evaluate(() => document.getElementById('customers').outerHTML);

test('page-of-2005-with-5000-numbers-in-frames', async (v) => {
	await show(v, SCRIPT.replace('<script', '<SCRIPT'), '/office/frames');
	const frame = v.page.frame({ name: 'list' });
	await frame.waitForSelector('.dialer-ui', { state: 'attached' });
	await frame.click(`#n${NUMBERS - 1}`);
	await frame.waitForSelector('.dialer-toast.dialer-good');
	await frame.click('#n17');
	await frame.waitForFunction(() => window.placed.length === 2);
	/* What the page does with clicks it still does, and hears of the calls. */
	assert.strictEqual(await frame.evaluate(() => window.clicked.join()), `${NUMBERS - 1},17`);
	assert.strictEqual(await frame.evaluate(() => window.placed.join()), `${number(NUMBERS - 1)},${number(17)}`);
	assert.deepStrictEqual((await rows()).map((c) => c.phoneNumber), [number(17), number(NUMBERS - 1)]);
	assert.deepStrictEqual(v.posts.map(({ body }) => body), [{ phoneNumber: `tel:${number(NUMBERS - 1)}` },
		{ phoneNumber: `tel:${number(17)}` }]);
	assert.strictEqual(await frame.evaluate(() => window.Dialer), 'mine');
});

/* Compared with the same page without the script. */
test('page-of-2005-stays-as-it-is', async (v) => {
	await show(v, '', '/office/list');
	const before = await tableOf(v.page);
	const globals = () => v.page.evaluate(() => Object.getOwnPropertyNames(window).join('\n'));
	const names = (await globals()).split('\n');
	await v.page.unrouteAll();
	await show(v, SCRIPT, '/office/list');
	await v.page.waitForSelector('.dialer-ui', { state: 'attached' });
	assert.strictEqual(await tableOf(v.page), before);
	assert.deepStrictEqual((await globals()).split('\n').filter((n) => !names.includes(n)), []);
});
