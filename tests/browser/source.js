#!/usr/bin/env node
/* The files of the page as text: what old browsers read, what the policy of a page allows, how big. */
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const acorn = require('acorn');
const cssTree = require('css-tree');
const { tree } = require('../node/dialer');
const { run, test } = require('../node/runner');

const DROP_IN_MAX = 16000;
const htdocs = path.join(tree, 'apache/htdocs');

/* [{name, text}] of the files with this ending. */
const files = (ending) => {
	const found = fs.readdirSync(htdocs, { recursive: true }).filter((name) => name.endsWith(ending))
		.map((name) => ({ name, text: fs.readFileSync(path.join(htdocs, name), 'utf8') }));
	assert.ok(found.length > 0);
	return found;
};

const parse = (text) => acorn.parse(text, { ecmaVersion: 5, sourceType: 'script' });

/* Every node of a syntax tree. */
const nodes = function* (node) {
	if (Array.isArray(node)) {
		for (const one of node)
			yield* nodes(one);
	} else if (node && typeof node.type === 'string') {
		yield node;
		for (const key of Object.keys(node))
			yield* nodes(node[key]);
	}
};

/* Names that scripts use: of variables, of members, and texts, which may name members. */
const names = function* (text) {
	for (const node of nodes(parse(text))) {
		if (node.type === 'Identifier')
			yield node.name;
		else if (node.type === 'Literal' && typeof node.value === 'string')
			yield node.value;
	}
};

const BANNED = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write', 'writeln', 'eval', 'Function',
	'cookie', 'localStorage', 'sessionStorage', 'indexedDB', 'cssText', 'srcdoc', 'javascript:'];

const bannedIn = (text) => [...names(text)].filter((name) => BANNED.includes(name));

test('scripts-are-es5', () => {
	for (const { text } of files('.js'))
		parse(text);
	assert.throws(() => parse('let a = () => 1'));
	assert.throws(() => parse('var a = `b`'));
});

/* Text gets into the page as text only, and nothing is kept in the browser. */
test('scripts-make-no-markup-and-store-nothing', () => {
	for (const { name, text } of files('.js'))
		assert.deepStrictEqual(bannedIn(text), [], name);
	assert.deepStrictEqual(bannedIn("a['innerHTML'] = b; window.localStorage.c = 1"),
		['innerHTML', 'localStorage']);
});

/* A page of any encoding can include it. */
test('drop-in-is-ascii', () => {
	for (const { name, text } of [...files('.js'), ...files('.css')])
		if (name.startsWith('dialer.'))
			assert.doesNotMatch(text, /[^\n\t\x20-\x7e]/, name);
});

test('drop-in-is-small', () => {
	const { text } = files('.js').find(({ name }) => name === 'dialer.js');
	const size = zlib.gzipSync(text, { level: 9 }).length;
	assert.ok(size < DROP_IN_MAX, `dialer.js has ${size} bytes compressed`);
});

const syntaxErrors = (text) => {
	const found = [];
	const sheet = cssTree.parse(text, { onParseError: (e) => found.push(e.message) });
	return { found, sheet };
};

test('style-sheets-parse', () => {
	for (const { name, text } of files('.css')) {
		const { found, sheet } = syntaxErrors(text);
		assert.deepStrictEqual(found, [], name);
		cssTree.walk(sheet, (node) => {
			assert.notStrictEqual(node.type, 'Url', `${name} loads ${node.value}`);
			assert.ok(!(node.type === 'Atrule' && node.name === 'import'), `${name} imports`);
		});
	}
	assert.notDeepStrictEqual(syntaxErrors('a { b: c; } } d {').found, []);
});

/* The style sheet touches nothing of the page that it came into. */
test('drop-in-styles-its-own-only', () => {
	const { text } = files('.css').find(({ name }) => name === 'dialer.css');
	const foreign = [];
	cssTree.walk(cssTree.parse(text), { visit: 'Rule', enter(rule) {
		if (this.atrule && /keyframes/.test(this.atrule.name))
			return;
		rule.prelude.children.forEach((selector) => {
			const own = selector.children.some((part) =>
				(part.type === 'ClassSelector' && part.name.startsWith('dialer-')) ||
				(part.type === 'AttributeSelector' && part.name.name.startsWith('data-dialer')));
			if (!own)
				foreign.push(cssTree.generate(selector));
		});
	} });
	assert.deepStrictEqual(foreign, []);
});

test('pages-hold-no-code-and-no-style', () => {
	const inline = /<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=|javascript:/i;
	for (const { name, text } of files('.html'))
		assert.doesNotMatch(text, inline, name);
	assert.match('<a onclick="b">', inline);
});

run({ setUp: () => {}, tearDown: () => {}, seconds: 60 }).then((good) => {
	process.exitCode = good ? 0 : 1;
});
