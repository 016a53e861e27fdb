/*
 * Which calls are looked at: the form, the part of the address after `#` (so that going back, a
 * reload and a bookmark find the same calls), and the query the server gets.
 *
 *   #status=completed&from=2026-11-01&to=2026-11-20&page=3
 *
 * Days are those of the reader's zone.
 */
(function (Dashboard) {
	'use strict';

	var byId = Dashboard.byId;
	var words = Dashboard.words;
	var DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
	/* name in the address and in the query -> field of the form */
	var FIELDS = {
		from: 'f-from', to: 'f-to', status: 'f-status', phoneNumber: 'f-number',
		clientId: 'f-client', userId: 'f-user'
	};
	var LIMITS = [20, 50, 100];

	/* --- days --- */

	function two(n) {
		return ('0' + n).slice(-2);
	}

	function dayText(date) {
		return date.getFullYear() + '-' + two(date.getMonth() + 1) + '-' + two(date.getDate());
	}

	/* Midnight of a day, `later` days on; a Date takes care of months and of clocks put forward. */
	function midnight(text, later) {
		var part = DAY.exec(text);
		return part ? new Date(+part[1], part[2] - 1, +part[3] + (later || 0)) : null;
	}

	function daysAgo(n) {
		var now = new Date();
		return dayText(new Date(now.getFullYear(), now.getMonth(), now.getDate() - n));
	}

	/* --- the address --- */

	/* Whatever stands there becomes something that can be asked for. */
	function clean(wish) {
		wish.page = /^[1-9]\d{0,9}$/.test(wish.page) ? +wish.page : 1;
		wish.limit = LIMITS.indexOf(+wish.limit) >= 0 ? +wish.limit : LIMITS[0];
		if (wish.from && !DAY.test(wish.from))
			delete wish.from;
		if (wish.to && !DAY.test(wish.to))
			delete wish.to;
		if (wish.status && words.statuses.indexOf(wish.status) < 0)
			delete wish.status;
		return wish;
	}

	function decode(text) {
		try {
			return decodeURIComponent(text.replace(/\+/g, ' '));
		} catch (e) {
			return '';
		}
	}

	function fromHash(hash) {
		var wish = {};
		hash.replace(/^#/, '').split('&').forEach(function (pair) {
			var at = pair.indexOf('=');
			var name = pair.slice(0, at);
			var value = decode(pair.slice(at + 1)).trim();
			if (value && (FIELDS.hasOwnProperty(name) || name === 'page' || name === 'limit'))
				wish[name] = value;
		});
		return clean(wish);
	}

	function encode(pairs) {
		return pairs.map(function (p) {
			return p[0] + '=' + encodeURIComponent(p[1]);
		}).join('&');
	}

	function toHash(wish) {
		var pairs = [];
		Object.keys(FIELDS).forEach(function (name) {
			if (wish[name])
				pairs.push([name, wish[name]]);
		});
		if (wish.page > 1)
			pairs.push(['page', wish.page]);
		if (wish.limit !== LIMITS[0])
			pairs.push(['limit', wish.limit]);
		return pairs.length ? '#' + encode(pairs) : '';
	}

	/* --- the query --- */

	/* The filters as the server wants them, as pairs; `from` and `to` become moments, the latter
	 * after the last one that counts. */
	function filterPairs(wish) {
		var pairs = [];
		Object.keys(FIELDS).forEach(function (name) {
			if (!wish[name])
				return;
			if (name === 'from')
				pairs.push([name, midnight(wish.from).toISOString()]);
			else if (name === 'to')
				pairs.push([name, midnight(wish.to, 1).toISOString()]);
			else
				pairs.push([name, wish[name]]);
		});
		return pairs;
	}

	function query(wish, more) {
		return '?' + encode(filterPairs(wish).concat(more));
	}

	/* --- the form --- */

	function fromForm(limit) {
		var wish = {limit: limit};
		Object.keys(FIELDS).forEach(function (name) {
			var value = byId(FIELDS[name]).value.trim();
			if (value)
				wish[name] = value;
		});
		return clean(wish);
	}

	/* "status Completed, from 1 Nov", or ''. */
	function inWords(wish) {
		var parts = [];
		if (wish.status)
			parts.push('status ' + words.status(wish.status).name);
		if (wish.from)
			parts.push('from ' + words.day(midnight(wish.from)));
		if (wish.to)
			parts.push('to ' + words.day(midnight(wish.to)));
		if (wish.phoneNumber)
			parts.push('number ' + wish.phoneNumber);
		if (wish.clientId)
			parts.push('client ' + wish.clientId);
		if (wish.userId)
			parts.push(wish.userId === '*' ? 'all users' : 'user ' + wish.userId);
		return parts.join(', ');
	}

	function used(wish) {
		return Object.keys(FIELDS).filter(function (name) {
			return wish[name];
		}).length;
	}

	function toForm(wish) {
		var n = used(wish);
		var today = daysAgo(0);
		Object.keys(FIELDS).forEach(function (name) {
			byId(FIELDS[name]).value = wish[name] || '';
		});
		byId('filters-used').textContent = n ? words.number(n) + ' in use' : '';
		Dashboard.show('filters-used', n > 0);
		Array.prototype.forEach.call(document.querySelectorAll('[data-days]'), function (b) {
			var chosen = wish.to === today && wish.from === daysAgo(b.getAttribute('data-days') - 1);
			b.setAttribute('aria-pressed', chosen ? 'true' : 'false');
		});
	}

	/* What is wrong with the form, in words, or ''. */
	function wrong(wish) {
		return wish.from && wish.to && wish.from > wish.to ?
			'The first day must not be after the last.' : '';
	}

	/* Names the field that the server did not like (null: none). */
	function blame(field) {
		Object.keys(FIELDS).forEach(function (name) {
			var element = byId(FIELDS[name]);
			if (name === field)
				element.setAttribute('aria-invalid', 'true');
			else
				element.removeAttribute('aria-invalid');
		});
	}

	function addStatuses() {
		words.statuses.forEach(function (word) {
			byId('f-status').appendChild(
				Dashboard.make('option', {value: word}, [words.status(word).name]));
		});
	}

	/* apply(wish) is called with what the form asks for. */
	function begin(apply) {
		function limit() {
			return +byId('limit').value;
		}
		addStatuses();
		Dashboard.on('filter-form', 'submit', function () {
			var wish = fromForm(limit());
			var why = wrong(wish);
			Dashboard.say('filter-wrong', why, 'bad');
			blame(why ? 'from' : null);
			if (!why)
				apply(wish);
		});
		Dashboard.on('clear', 'click', function () {
			apply(clean({limit: limit()}));
		});
		Array.prototype.forEach.call(document.querySelectorAll('[data-days]'), function (b) {
			b.addEventListener('click', function () {
				var wish = fromForm(limit());
				wish.from = daysAgo(b.getAttribute('data-days') - 1);
				wish.to = daysAgo(0);
				apply(wish);
			});
		});
	}

	Dashboard.filters = {
		begin: begin,
		fromHash: fromHash,
		toHash: toHash,
		toForm: toForm,
		query: query,
		used: used,
		inWords: inWords,
		blame: blame,
		dayText: dayText,
		midnight: midnight
	};
}(window.Dashboard));
