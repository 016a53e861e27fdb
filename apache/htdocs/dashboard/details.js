/* A call in the list: its row, and below it, once opened, everything known and the notes. */
(function (Dashboard, Dialer) {
	'use strict';

	var make = Dashboard.make;
	var words = Dashboard.words;
	var COLUMNS = 8;
	/* Younger calls are followed one by one; the list is read again for the others. */
	var FRESH_MS = 600000;

	/* The moment in the reader's zone; `exact` shows itself when pointed at or focused. */
	function time(text) {
		return make('time', {datetime: text, title: text}, [words.longTime(text)]);
	}

	function fact(list, name, value) {
		if (value !== undefined && value !== null && value !== '')
			list.appendChild(make('div', {}, [make('dt', {}, [name]), make('dd', {}, [value])]));
	}

	function moment(list, name, text) {
		if (text)
			fact(list, name, make('span', {}, [time(text), make('span', {'class': 'utc'}, [text])]));
	}

	function facts(call) {
		var list = make('dl', {'class': 'facts'});
		fact(list, 'Status', words.status(call.status).says);
		fact(list, 'Route', words.routeSentence(call));
		if (call.reason)
			fact(list, 'Reason', words.reason(call.reason));
		moment(list, 'Requested', call.startTime);
		moment(list, 'Answered', call.answerTime);
		moment(list, 'Ended', call.endTime);
		if (call.duration !== undefined)
			fact(list, 'Whole call', words.length(call.duration));
		if (call.talkTime !== undefined)
			fact(list, 'Talked', words.length(call.talkTime));
		fact(list, 'User', call.userId);
		fact(list, 'Client', call.clientId);
		fact(list, 'Contact', call.contactId);
		fact(list, 'Deal', call.dealId);
		fact(list, 'Call id', make('code', {}, [call.id]));
		if (call.externalCallId)
			fact(list, 'Provider’s id', make('code', {}, [call.externalCallId]));
		return list;
	}

	/* --- the length: how long one talked, which runs while one talks --- */

	function talking(call) {
		return call.status === 'in-progress' && call.answerTime;
	}

	function lengthText(call) {
		if (talking(call))
			return words.clock(Math.max(0, Math.floor((Date.now() - Date.parse(call.answerTime)) / 1000)));
		if (call.talkTime !== undefined)
			return words.clock(call.talkTime);
		return call.status === 'completed' && call.duration !== undefined ? words.clock(call.duration) : '';
	}

	/* --- the row --- */

	function cell(name, children) {
		return make('td', {role: 'cell', 'class': name}, children);
	}

	function numberLink(call) {
		return make('a', {href: 'tel:' + call.phoneNumber, 'data-dialer-client': call.clientId,
			'data-dialer-contact': call.contactId, 'data-dialer-deal': call.dealId},
		[call.phoneNumber]);
	}

	function badge(call) {
		var s = words.status(call.status);
		return make('span', {'class': 'badge ' + s.tone}, [s.name]);
	}

	function firstLine(text) {
		return text ? text.split('\n')[0].slice(0, 120) : '';
	}

	/*
	 * A call on display: {id, call(), rows(), update(call), tick(), release()}. rows() are those of the
	 * table, the second of which is there while the call is open. A fresh call that has not ended is
	 * followed until then, or until release(). mayWrite: whether the notes are the reader's own.
	 */
	function entry(call, mayWrite) {
		var id = 'details-' + call.id;
		var toggle, main, more, place, editor, opened, endFollow;
		var status = cell('status', []);
		var length = cell('amount length', []);
		var notes = cell('notes', []);
		var route = cell('route', []);

		function showNotes(text) {
			call.notes = text;
			Dashboard.empty(notes).textContent = firstLine(text);
		}

		function tick() {
			var text = lengthText(call);
			if (length.textContent !== text)
				length.textContent = text;
		}

		function update(now) {
			var changed = now.status !== call.status || !status.firstChild;
			call = now;
			if (changed)
				Dashboard.append(Dashboard.empty(status), [badge(call)]);
			route.textContent = words.route(call.provider);
			notes.textContent = firstLine(call.notes);
			main.className = 'call' + (words.isFinal(call.status) ? '' : ' running');
			tick();
			if (place)
				place.replaceChild(facts(call), place.querySelector('.facts'));
			follow();
		}

		function release() {
			if (endFollow)
				endFollow();
			endFollow = null;
		}

		function follow() {
			if (words.isFinal(call.status))
				release();
			else if (!endFollow && Date.now() - Date.parse(call.startTime) < FRESH_MS)
				endFollow = Dialer.follow(call.id, update);
		}

		/* The call as it is, with the tag of its notes. */
		function fetchNotes() {
			var mine = editor;
			Dashboard.server.ask({path: '/call/' + call.id}, function (answer) {
				if (mine !== editor)
					return; /* closed meanwhile */
				if (answer.status === 200) {
					editor.reset(answer.body.call.notes || '', answer.header('ETag'));
					update(answer.body.call);
				} else {
					editor.fail(answer.message, fetchNotes);
				}
			});
		}

		function open() {
			place = make('div', {'class': 'details'}, [facts(call)]);
			if (mayWrite) {
				editor = Dashboard.notes.editor(call, showNotes);
				place.appendChild(editor.element);
				fetchNotes();
			} else {
				place.appendChild(Dashboard.notes.reading(call.notes));
			}
			more.firstChild.appendChild(place);
			main.parentNode.insertBefore(more, main.nextSibling);
			toggle.setAttribute('aria-expanded', 'true');
			opened = true;
		}

		function close() {
			place = editor = null;
			Dashboard.empty(more.firstChild);
			more.parentNode.removeChild(more);
			toggle.setAttribute('aria-expanded', 'false');
			opened = false;
		}

		/* The whole row can be clicked, but for what can be clicked itself or is being marked. */
		function clicked(e) {
			if (!e.target.closest('a, button') && String(window.getSelection()) === '')
				turnOver();
		}

		function turnOver() {
			if (opened)
				close();
			else
				open();
		}

		toggle = Dashboard.button('', {'class': 'toggle', 'aria-expanded': 'false', 'aria-controls': id,
			'aria-describedby': id + '-utc'}, turnOver);
		Dashboard.append(toggle, [
			make('time', {datetime: call.startTime}, [words.shortTime(call.startTime)]),
			make('span', {'class': 'hidden'}, [', details'])
		]);
		main = make('tr', {role: 'row', 'class': 'call', 'data-call': call.id}, [
			cell('time', [toggle, make('span', {'class': 'tip', role: 'tooltip', id: id + '-utc'}, [call.startTime])]),
			cell('number', [numberLink(call)]),
			cell('user-column', [call.userId]),
			cell('client', [call.clientId || '']),
			route, status, length, notes
		]);
		main.addEventListener('click', clicked);
		more = make('tr', {role: 'row', 'class': 'more', id: id}, [make('td', {role: 'cell', colspan: COLUMNS}, [])]);
		update(call);
		return {
			id: call.id,
			main: main,
			rows: function () {
				return opened ? [main, more] : [main];
			},
			call: function () {
				return call;
			},
			update: update,
			tick: tick,
			release: release
		};
	}

	Dashboard.details = {entry: entry};
}(window.Dashboard, window.Dialer));
