/*
 * The notes of a call, edited in place. They are saved only over the text they were begun with
 * (If-Match): when somebody changed them meanwhile, both texts are shown and one chooses.
 *
 * What is being written survives closing the call, another page of the list and a failed save.
 */
(function (Dashboard) {
	'use strict';

	var make = Dashboard.make;
	var words = Dashboard.words;
	var MOST = 10000; /* bytes, as the server counts */

	/* id of the call -> {text, etag}: changed and not saved; etag is that of the text it began as. */
	var drafts = {};

	function bytes(text) {
		return new Blob([text]).size;
	}

	/* The server keeps what it gets; a textarea gives line feeds only. */
	function sameText(a, b) {
		return a.replace(/\r\n?/g, '\n') === b.replace(/\r\n?/g, '\n');
	}

	function column(title, text) {
		return make('div', {}, [make('p', {'class': 'label'}, [title]),
			make('p', {'class': 'notes-text'}, [text || 'No notes'])]);
	}

	/*
	 * An editor for the call, as {element, reset(text, etag), fail(why, again)}. Nothing can be written
	 * until reset tells it what is stored; fail says why that could not be read. saved(text) is called
	 * with what is stored, when that was found out to be something else.
	 */
	function editor(call, saved) {
		var field = 'notes-' + call.id;
		var stored = {text: '', etag: null};
		var busy = false;
		var sendable = false;
		var area = make('textarea', {id: field, rows: 5, 'aria-describedby': field + '-count'});
		var counter = make('span', {id: field + '-count', 'class': 'hint'});
		var state = make('p', {'class': 'said', role: 'status'});
		var conflict = make('div', {'class': 'conflict', role: 'group', 'aria-label': 'Two versions of the notes'});
		var save = Dashboard.button('Save notes', {'class': 'main'}, send);
		var discard = Dashboard.button('Discard changes', {}, function () {
			setText(stored.text);
			say('');
			area.focus();
		});

		function say(text, tone) {
			state.className = 'said' + (tone ? ' ' + tone : '');
			state.textContent = text;
		}

		/* The tag to save over: that of the text the draft began as. */
		function base() {
			return drafts[call.id] ? drafts[call.id].etag : stored.etag;
		}

		function look() {
			var n = bytes(area.value);
			var changed = !sameText(area.value, stored.text);
			if (changed)
				drafts[call.id] = {text: area.value, etag: base()};
			else
				delete drafts[call.id];
			counter.textContent = words.number(n) + ' of ' + words.number(MOST) + ' bytes' +
				(n > MOST ? ': too long' : '');
			area.setAttribute('aria-invalid', n > MOST ? 'true' : 'false');
			/* It keeps the focus, so it is not disabled in earnest. */
			sendable = !busy && changed && n <= MOST && conflict.hidden;
			save.setAttribute('aria-disabled', sendable ? 'false' : 'true');
			save.hidden = !conflict.hidden;
			discard.hidden = !changed || !conflict.hidden;
		}

		function setText(text) {
			area.value = text;
			look();
		}

		function done(text, etag) {
			stored = {text: text, etag: etag};
			delete drafts[call.id];
			conflict.hidden = true;
			look();
			say('Saved.', 'good');
			saved(text);
		}

		/* Somebody else's text is stored now, and mine is not. */
		function choose(theirs, etag) {
			var mine = area.value;
			var title = make('h3', {tabindex: '-1'}, ['These notes were changed meanwhile']);

			function settle(text, words_) {
				stored = {text: theirs, etag: etag};
				conflict.hidden = true;
				drafts[call.id] = {text: text, etag: etag};
				setText(text);
				say(words_);
				area.readOnly = false;
				area.focus();
				saved(theirs);
			}

			Dashboard.append(Dashboard.empty(conflict), [
				title,
				make('p', {}, ['Somebody, or you in another window, has saved another text. ' +
					'Yours is not saved yet, and nothing is lost. Choose:']),
				make('div', {'class': 'versions'}, [column('Saved meanwhile', theirs), column('Yours', mine)]),
				make('p', {'class': 'buttons'}, [
					Dashboard.button('Save mine', {'class': 'main'}, function () {
						settle(mine, '');
						send();
					}),
					Dashboard.button('Keep the saved one', {}, function () {
						settle(theirs, 'The saved text was kept.');
					}),
					Dashboard.button('Edit both together', {}, function () {
						settle(theirs + '\n' + mine, 'Both texts are in the field. Edit and save.');
					})
				])
			]);
			conflict.hidden = false;
			area.readOnly = true;
			look();
			say('');
			title.focus();
		}

		function answered(text, answer) {
			var now;
			busy = false;
			area.readOnly = false;
			if (answer.status === 200) {
				done(text, answer.header('ETag'));
				return;
			}
			look();
			if (answer.status !== 412) {
				say('Not saved: ' + answer.message + ' Your text is still here.', 'bad');
				return;
			}
			now = answer.body.call.notes || '';
			/* The answer to an earlier attempt was lost: it is saved already. */
			if (sameText(now, text))
				done(now, answer.header('ETag'));
			else
				choose(now, answer.header('ETag'));
		}

		function send() {
			var text = area.value;
			if (!sendable)
				return;
			busy = true;
			area.readOnly = true;
			look();
			say('Saving…');
			Dashboard.server.ask({method: 'PUT', path: '/call/' + call.id + '/notes',
				headers: {'If-Match': base() || '*'}, body: {notes: text}}, function (answer) {
				answered(text, answer);
			});
		}

		function fail(why, again) {
			Dashboard.append(Dashboard.empty(state), ['The notes could not be read: ' + why + ' ',
				Dashboard.button('Try again', {}, function () {
					say('Reading the notes…');
					again();
				})]);
			state.className = 'said bad';
		}

		function reset(text, etag) {
			stored = {text: text, etag: etag};
			area.readOnly = false;
			say('');
			setText(drafts[call.id] ? drafts[call.id].text : text);
			if (drafts[call.id])
				say('You have not saved this yet.');
		}

		conflict.hidden = discard.hidden = area.readOnly = true;
		save.setAttribute('aria-disabled', 'true');
		say('Reading the notes…');
		area.addEventListener('input', function () {
			say('');
			look();
		});
		area.addEventListener('keydown', function (e) {
			if (e.keyCode === 13 && (e.ctrlKey || e.metaKey)) {
				e.preventDefault();
				send();
			}
		});
		return {
			element: make('div', {'class': 'editor'}, [
				make('label', {'for': field}, ['Notes']), area, counter, conflict,
				make('p', {'class': 'buttons'}, [save, discard]), state
			]),
			reset: reset,
			fail: fail
		};
	}

	/* The notes of somebody else's call. */
	function reading(text) {
		return make('div', {'class': 'editor'}, [
			make('p', {'class': 'label'}, ['Notes']),
			make('p', {'class': 'notes-text'}, [text || 'No notes.']),
			make('p', {'class': 'hint'}, ['Only the caller can change them.'])
		]);
	}

	function unsaved() {
		return Object.keys(drafts).length > 0;
	}

	function forget() {
		drafts = {};
	}

	function begin() {
		window.addEventListener('beforeunload', function (e) {
			if (!unsaved())
				return;
			e.preventDefault();
			e.returnValue = '';
		});
	}

	Dashboard.notes = {begin: begin, editor: editor, reading: reading, unsaved: unsaved, forget: forget};
}(window.Dashboard));
