/*
 * What is to be reached, as ratios to floors of the same run. Each is {name, goal, value, reached}, value
 * undefined where the figures it needs were not measured. Rates are those with 4 connections.
 *
 *   notes, create   the floor is a program which does nothing and then writes durably, once or twice: its
 *                   time per request is that of the empty program plus that of bare fdatasync. Of the
 *                   product's time per request for `create` that of the simulator alone is taken off
 *   create, CGI     with one connection: the time of an answer, less that of the simulator's own,
 *                   beside that of the empty program
 */
'use strict';

const { median, ratio } = require('./load');

const MIB = 1024;
const SMALLEST = 1000;
const MILLION = 1000000;

const served = (r, mode, name, connections = 4) =>
	r.serving.find((row) => row.mode === mode && row.name === name && row.connections === connections);

const scaled = (r, mode, count, name) =>
	r.scale.find((row) => row.mode === mode && row.count === count && row.name === name);

const ofFloor = (mode, name, floor) => (r) => {
	const row = served(r, mode, name);
	return row && row[floor];
};

/* Own time beside that of doing nothing and writing durably so many times; as a ratio of rates. */
const ofDurable = (name, writes) => (r) => {
	const row = served(r, 'fastcgi', name);
	if (!row)
		return undefined;
	const own = 1 / row.product.rps - (row.provider ? 1 / row.provider.rps : 0);
	return (1 / row.empty.rps + writes * median(r.fdatasync)) / own;
};

const added = (r) => {
	const row = served(r, 'cgi', 'create', 1);
	return row && (row.product.p50 - row.provider.p50) / row.empty.p50;
};

const largest = (r) => Math.max(...r.sizes.map(({ count }) => count));

/* How many times longer than the other one of these took at most. */
const slower = (r, others, base) => {
	const there = others.filter((row) => row);
	return there.length && base ? Math.max(...there.map((row) => ratio(base, row))) : undefined;
};

const farPage = (mode) => (r) =>
	slower(r, [scaled(r, mode, largest(r), 'page 40000')], scaled(r, mode, largest(r), 'page 1'));

const anyPage = (mode) => (r) => slower(r,
	r.scale.filter((row) => row.mode === mode && row.count === largest(r) && /page/.test(row.name)),
	scaled(r, mode, SMALLEST, 'page 1'));

const grown = (mode, name) => (r) =>
	slower(r, [scaled(r, mode, largest(r), name)], scaled(r, mode, SMALLEST, name));

const ofSync = (of) => (r) => r.sync && of(r.sync);

const csvPeak = (r) => {
	const row = r.csv && r.csv.find(({ count }) => count === MILLION);
	return row && row.peakKb / MIB;
};

/* least or most: the goal. */
const targets = (r) => {
	const many = largest(r).toLocaleString('en');
	return [
		['history, CGI, of a program that only checks the token', { least: 0.85 }, ofFloor('cgi', 'history', 'ofToken')],
		['show, CGI, of a program that only checks the token', { least: 0.85 }, ofFloor('cgi', 'show', 'ofToken')],
		['history, CGI, of an empty program', { least: 0.5 }, ofFloor('cgi', 'history', 'ofEmpty')],
		['show, CGI, of an empty program', { least: 0.5 }, ofFloor('cgi', 'show', 'ofEmpty')],
		['create, CGI: time added to the provider\'s, beside an empty program', { most: 6 }, added],
		['history, FastCGI, of an empty program', { least: 0.5 }, ofFloor('fastcgi', 'history', 'ofEmpty')],
		['show, FastCGI, of an empty program', { least: 0.65 }, ofFloor('fastcgi', 'show', 'ofEmpty')],
		['notes, FastCGI, of an empty program and one fdatasync', { least: 0.35 }, ofDurable('notes', 1)],
		['create, FastCGI, of an empty program and two fdatasync', { least: 0.25 }, ofDurable('create', 2)],
		...['cgi', 'fastcgi'].flatMap((mode) => [
			[`page 40,000 beside page 1, ${many} calls, ${mode}`, { most: 1.2 }, farPage(mode)],
			[`any page of ${many} calls beside page 1 of 1,000, ${mode}`, { most: 1.5 }, anyPage(mode)],
			[`notes among ${many} calls beside 1,000, ${mode}`, { most: 1.5 }, grown(mode, 'notes')],
			[`create among ${many} calls beside 1,000, ${mode}`, { most: 1.5 }, grown(mode, 'create')],
		]),
		['sync of 10,000 open calls: requests', { most: 202 }, ofSync((s) => s.requests)],
		['sync of 10,000 open calls: memory, MiB', { most: 64 }, ofSync((s) => s.peakKb / MIB)],
		['sync of 10,000 open calls: processor, s', { most: 3 }, ofSync((s) => s.cpu)],
		['CSV of 1,000,000 calls: memory, MiB', { most: 32 }, csvPeak],
	];
};

exports.judge = (r) => targets(r).map(([name, goal, of]) => {
	const value = of(r);
	return {
		name, ...goal, value,
		reached: value === undefined ? undefined : value >= (goal.least || 0) && value <= (goal.most || Infinity),
	};
});
