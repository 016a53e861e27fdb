/* What calls, reasons, times and lengths are called on the page. Pure functions. */
(function (Dashboard) {
	'use strict';

	/* In the order in which a call may move. `tone` is one of the kinds the style knows. */
	var STATUSES = {
		'queued': {name: 'Waiting', tone: 'live', says: 'Stored; no provider was asked yet.'},
		'unconfirmed': {name: 'Unclear', tone: 'warn',
			says: 'The provider gave no clear answer: the call may have been placed.'},
		'initiated': {name: 'Placed', tone: 'live', says: 'The provider accepted the call.'},
		'ringing': {name: 'Ringing', tone: 'live', says: 'It is ringing.'},
		'in-progress': {name: 'In progress', tone: 'live', says: 'The call was answered and runs.'},
		'completed': {name: 'Completed', tone: 'good', says: 'The call was answered and has ended.'},
		'no-answer': {name: 'No answer', tone: 'warn', says: 'The call ended without an answer.'},
		'busy': {name: 'Busy', tone: 'warn', says: 'The line was busy.'},
		'canceled': {name: 'Canceled', tone: 'quiet', says: 'The call was canceled before an answer.'},
		'failed': {name: 'Failed', tone: 'bad', says: 'The call was not placed.'},
		'handed-off': {name: 'Handed off', tone: 'quiet',
			says: 'The call was handed to the phone or app, which does not report how it went.'},
		'lost': {name: 'Lost', tone: 'bad',
			says: 'The provider never showed this call, or its end.'}
	};
	var FINAL = ['completed', 'no-answer', 'busy', 'canceled', 'failed', 'handed-off', 'lost'];

	var ROUTES = {dialpad: 'Dialpad', aircall: 'Aircall', cti: 'Dialpad app', tel: 'Phone'};
	var ROUTE_SENTENCES = {
		dialpad: 'Placed through Dialpad.',
		aircall: 'Placed through Aircall.',
		cti: 'Placed by the Dialpad app in the page.',
		tel: 'Handed to the phone of this device.'
	};

	var REASONS = {
		not_connected: 'Dialpad is not connected for this user.',
		not_configured: 'The provider is not set up on this server.',
		number_not_allowed: 'Numbers like this one are not allowed here.',
		quiet_hours: 'No calls are placed at this hour.',
		policy_unreadable: 'The list of numbers that are not allowed could not be read.',
		rate_limited: 'There were too many calls within a minute.',
		orphaned: 'The program that was placing the call ended before it could note the outcome.',
		dialpad_unauthorized: 'Dialpad no longer accepts the connection; connect again.',
		dialpad_forbidden: 'The Dialpad connection may not place calls; a permission is missing.',
		dialpad_user_busy: 'Dialpad says that the caller was on another call.',
		dialpad_rate_limited: 'Dialpad takes no more calls for the moment.',
		dialpad_rejected: 'Dialpad rejected the call.',
		dialpad_unreachable: 'Dialpad could not be reached.',
		dialpad_tls_error: 'The connection to Dialpad could not be trusted.',
		dialpad_blocked: 'Dialpad blocked the call.',
		aircall_unauthorized: 'Aircall did not accept the key of this server.',
		aircall_user_unavailable: 'The Aircall user was not available.',
		aircall_rate_limited: 'Aircall takes no more calls for the moment.',
		aircall_rejected: 'Aircall rejected the call.',
		aircall_unreachable: 'Aircall could not be reached.',
		aircall_tls_error: 'The connection to Aircall could not be trusted.'
	};

	function has(table, word) {
		return Object.prototype.hasOwnProperty.call(table, word);
	}

	/* A word of a later version is shown as it is. */
	function plain(word) {
		return word.replace(/[_-]/g, ' ');
	}

	function status(word) {
		return has(STATUSES, word) ? STATUSES[word] :
			{name: plain(word), tone: 'quiet', says: 'The status is ' + plain(word) + '.'};
	}

	function isFinal(word) {
		return FINAL.indexOf(word) >= 0;
	}

	function route(provider) {
		if (!provider)
			return 'None';
		return has(ROUTES, provider) ? ROUTES[provider] : plain(provider);
	}

	/* The whole way of a call: who was asked last, and why not another. */
	function routeSentence(call) {
		var taken = call.provider;
		if (!taken)
			return 'No provider was asked.';
		if (call.status === 'failed' || call.status === 'queued' || call.status === 'unconfirmed')
			return route(taken) + ' was asked.';
		return has(ROUTE_SENTENCES, taken) ? ROUTE_SENTENCES[taken] : 'Placed through ' + route(taken) + '.';
	}

	function reason(word) {
		return has(REASONS, word) ? REASONS[word] : 'The reason is: ' + plain(word) + '.';
	}

	/* --- times --- */

	function sameYear(a, b) {
		return a.getFullYear() === b.getFullYear();
	}

	/* In the reader's zone and manner, for a list. */
	function shortTime(text) {
		var t = new Date(text);
		var form = {month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit'};
		if (!sameYear(t, new Date()))
			form.year = 'numeric';
		return t.toLocaleString(undefined, form);
	}

	function longTime(text) {
		return new Date(text).toLocaleString(undefined, {year: 'numeric', month: 'long', day: 'numeric',
			hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short'});
	}

	function day(date) {
		var form = {month: 'short', day: 'numeric'};
		if (!sameYear(date, new Date()))
			form.year = 'numeric';
		return date.toLocaleDateString(undefined, form);
	}

	function two(n) {
		return ('0' + n).slice(-2);
	}

	/* 284 -> "4:44" */
	function clock(seconds) {
		var h = Math.floor(seconds / 3600);
		var m = Math.floor(seconds / 60) % 60;
		return (h ? h + ':' + two(m) : m) + ':' + two(seconds % 60);
	}

	/* 284 -> "4 min 44 s" */
	function length(seconds) {
		var parts = [];
		if (seconds >= 3600)
			parts.push(Math.floor(seconds / 3600) + ' h');
		if (seconds >= 60)
			parts.push(Math.floor(seconds / 60) % 60 + ' min');
		parts.push(seconds % 60 + ' s');
		return parts.join(' ');
	}

	function number(n) {
		return n.toLocaleString();
	}

	/* count(1, 'call') -> "1 call" */
	function count(n, what) {
		return number(n) + ' ' + what + (n === 1 ? '' : 's');
	}

	function size(bytes) {
		return bytes < 1e6 ? Math.ceil(bytes / 1e3) + ' kB' : (bytes / 1e6).toFixed(1) + ' MB';
	}

	Dashboard.words = {
		statuses: Object.keys(STATUSES),
		status: status,
		isFinal: isFinal,
		route: route,
		routeSentence: routeSentence,
		reason: reason,
		shortTime: shortTime,
		longTime: longTime,
		day: day,
		clock: clock,
		length: length,
		number: number,
		count: count,
		size: size
	};
}(window.Dashboard));
