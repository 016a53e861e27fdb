#!/usr/bin/env node
/* The files of the page as text: what old browsers read, what the policy of a page allows. */
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const acorn = require('acorn');
const cssTree = require('css-tree');
const { tree } = require('../node/dialer');
const { run, test } = require('../node/runner');

const htdocs = path.join(tree, 'apache/htdocs');

/* [{name, text}] of the files with this ending. */
const files = (ending) => {
	const found = fs.readdirSync(htdocs).filter((name) => name.endsWith(ending))
		.map((name) => ({ name, text: fs.readFileSync(path.join(htdocs, name), 'utf8') }));
	assert.ok(found.length > 0);
	return found;
};

const parse = (text) => acorn.parse(text, { ecmaVersion: 5, sourceType: 'script' });

test('scripts-are-es5', () => {
	for (const { text } of files('.js'))
		parse(text);
	assert.throws(() => parse('let a = () => 1'));
	assert.throws(() => parse('var a = `b`'));
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

test('pages-hold-no-code-and-no-style', () => {
	const inline = /<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=|javascript:/i;
	for (const { name, text } of files('.html'))
		assert.doesNotMatch(text, inline, name);
	assert.match('<a onclick="b">', inline);
});

run({ setUp: () => {}, tearDown: () => {}, seconds: 60 }).then((good) => {
	process.exitCode = good ? 0 : 1;
});
