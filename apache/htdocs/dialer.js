/*
 * dialer.js: the telephone links of a page call through the server.
 *
 *   <script src="/dialer/dialer.js" defer></script>
 *
 * is all a page needs, be it from 2005. Every <a href="tel:..."> in it, also one that comes later, is
 * answered here from then on. It stays a link: without this script, server or provider it does what it
 * always did. The page gets nothing but classes and attributes that begin with dialer- or data-dialer.
 * ES5; one global, Dialer; included twice is included once.
 *
 * Attributes of the script (all optional):
 *   data-api             where the interface is: /api/dialer
 *   data-token           a token of the user, where the page is made for one user
 *   data-token-function  a global function (a.b.c works) that gives one: it returns the text or a
 *                        promise, or calls its first argument with it
 *   data-css             another style sheet than dialer.css beside the script; "off": none
 *   data-cti             "off": never shows Dialpad's telephone
 * Or <meta name="dialer-token" content="...">. Without any of these, and when what they gave has
 * ended, POST /token is asked (Basic, LDAP, Kerberos: Apache's matter): without a dialog as the page
 * comes, with one if need be at a click. Tokens live in memory only.
 *
 * Attributes of the page:
 *   data-dialer="off"    leaves a link, or all links inside of an element, alone; "on" inside of that
 *   data-dialer-client, -contact, -deal   ids that go into the history with the call; on the link or
 *                        around it
 *   data-dialer-call=ID  follows this call: data-dialer-status is its status; the words for it stand in
 *                        [data-dialer-show="status"] inside, else in a span.dialer-status at the end (of
 *                        a row: of its last cell)
 * The link of a running call has data-dialer-status, too, and a span.dialer-status behind it.
 *
 * Events, on the link (or row, or form ...), bubbling; event.detail (jQuery: e.originalEvent.detail;
 * prototype.js: document.observe, event.memo):
 *   dialer:placed   {number, call, fallback}: in the history; fallback: the tel: address opened or
 *                   offered, as no provider took it
 *   dialer:failed   {number, call, status, code, message, fallback}: not placed, or it is not known;
 *                   code: the interface's, or unreachable, sign_in
 *   dialer:status   {call}: a call that is followed has changed its status
 *   dialer:token    {user}: a token is there (user: its sub), or none is to be had any more (null)
 *
 * The global, for dashboards with code of their own (callbacks come later, never at once):
 *   Dialer.setToken(text)            a token; "" or null forgets it, and which calls were followed
 *   Dialer.setTokenSource(function)  as data-token-function
 *   Dialer.signIn(done, quiet)       POST /token; done(answer). quiet: no dialog may open; whom the
 *                                    browser has not signed in already is refused
 *   Dialer.user()                    {id, admin}, or null without a token
 *   Dialer.request(method, path, options, done)
 *       asks the interface as the user; a refused token is renewed once. options: body (an object),
 *       headers, type (a responseType), timeout (ms), progress (a function: bytes so far), quiet (no
 *       dialog may open, as nobody has clicked). Returns a function that ends it.
 *       done({status, body, response, ours, header(name)}): status 0: no answer; body: the JSON, or {};
 *       ours: the interface itself has spoken.
 *   Dialer.call(number, options, done)
 *       as a click on a link, toasts included; one that is being called is not called again. options:
 *       clientId, contactId, dealId, provider, fallback, element (gets events and status).
 *       done({outcome, call, answer}): placed, handed-off (to the telephone), running, unclear (it may
 *       be ringing), refused, sign-in, unreachable.
 *   Dialer.follow(id, changed)       changed(call) now and at every change; returns a function that
 *                                    ends it
 *   Dialer.words(call)               its status in words: "in progress 0:42", "completed 4:44"
 *   Dialer.duration(seconds)         "4:44", "1:00:01"
 *   Dialer.toast({title, text, kind, link})
 *       kind: info, good (both go by themselves), warning, bad; link: a tel: address that is offered.
 *       Returns a function that closes it.
 *   Dialer.messages()                the toasts so far, {time, title, text, kind}, the newest first
 *   Dialer.scan()                    looks for data-dialer-call (where no MutationObserver is)
 */
(function (window, document) {
	'use strict';

	if (document.dialerDropIn)
		return;
	if (!document.addEventListener || !window.JSON || !('ontimeout' in new XMLHttpRequest()))
		return; /* too old; links stay links */

	document.dialerDropIn = true;

	var ANSWER_MS = 20000; /* for an answer; a repeated question finds out what became of the first */
	var PROBE_MS = 3000;
	var SIGN_IN_MS = 300000; /* somebody types a password */
	var OPEN_MS = 4000; /* so long after a click browsers open a telephone */
	var CTI_MS = 3000;
	var REASK_MS = 12000; /* after that a question might surprise the one who clicked */
	var PROGRESS_MS = 150000; /* no program of the server lives longer */
	var GESTURE_MS = 1000; /* clicks closer than this are one: double, or of a held key */
	var AGAIN_MS = 5000;
	var UNCLEAR_MS = 60000;
	var LOST_MS = 3600000;
	var EXPIRY_MS = 60000; /* a token is renewed so long before its end */
	var TOAST_MS = 8000;
	var TOASTS = 5; /* at a time */
	var MESSAGES = 50; /* that are kept */
	var FOLLOWED = 50; /* rows of a page, the newest */

	var script = document.currentScript || ownScript();
	var api = (option('api') || '/api/dialer').replace(/\/$/, '');

	function ownScript() {
		var all = document.getElementsByTagName('script');
		var i;
		for (i = all.length - 1; i >= 0; i--)
			if (/\/dialer\.js([?#]|$)/.test(all[i].src))
				return all[i];
		return null;
	}

	function option(name) {
		return script ? script.getAttribute('data-' + name) : null;
	}

	/* --- small things; of what old libraries replace or extend (JSON of texts, methods of arrays,
	 * enumerable members of everything) nothing is used --- */

	function has(object, name) {
		return Object.prototype.hasOwnProperty.call(object, name);
	}

	function later(ms, act) {
		return window.setTimeout(act, ms);
	}

	function each(list, act) {
		var i;
		for (i = 0; i < list.length; i++)
			act(list[i], i);
	}

	/* What JSON.stringify does where nobody has given objects and arrays a toJSON. */
	function json(value) {
		var parts = [];
		var name;
		if (value === null || typeof value !== 'object')
			return JSON.stringify(value);
		if (value instanceof Array) {
			each(value, function (one) {
				parts.push(json(one));
			});
			return '[' + parts.join(',') + ']';
		}
		for (name in value)
			if (has(value, name) && value[name] !== undefined)
				parts.push(JSON.stringify(name) + ':' + json(value[name]));
		return '{' + parts.join(',') + '}';
	}

	function objectIn(text) {
		var value = null;
		try {
			value = JSON.parse(text);
		} catch (e) {
			/* Somebody between us and the server has spoken. */
		}
		return value && typeof value === 'object' ? value : null;
	}

	function randomKey() {
		var bytes = new Uint8Array(16);
		var key = '';
		if (window.crypto)
			window.crypto.getRandomValues(bytes);
		each(bytes, function (byte) {
			key += (byte + 256).toString(16).slice(1);
		});
		return window.crypto ? key : String(Math.random()) + Date.now();
	}

	function make(tag, name, parent, text) {
		var element = document.createElement(tag);
		element.className = name;
		if (text)
			element.textContent = text;
		if (parent)
			parent.appendChild(element);
		return element;
	}

	function remove(element) {
		if (element.parentNode)
			element.parentNode.removeChild(element);
	}

	function attribute(element, name) {
		return element && element.getAttribute ? element.getAttribute(name) : null;
	}

	/* The attribute of the element, or of what it is in. */
	function nearest(element, name) {
		while (element && attribute(element, name) === null)
			element = element.parentNode || element.host;
		return attribute(element, name);
	}

	function dispatch(target, type, detail, more) {
		var event = document.createEvent('CustomEvent');
		var name;
		event.initCustomEvent(type, true, false, detail);
		for (name in more)
			if (has(more, name))
				event[name] = more[name];
		target.dispatchEvent(event);
	}

	function tell(name, detail, element) {
		var target = element && document.documentElement.contains(element) ? element : document;
		dispatch(target, 'dialer:' + name, detail);
		/* How prototype.js carries events of its own. */
		if (window.Prototype)
			dispatch(target, 'dataavailable', detail, {eventName: 'dialer:' + name, memo: detail});
	}

	/* --- the server --- */

	var skew = 0; /* how far its clock is ahead of ours, ms; never too far, as it tells whole seconds */
	var skewKnown = false;

	function serverNow() {
		return Date.now() + skew;
	}

	function noteDate(text) {
		var now = Date.parse(text || '') - Date.now();
		if (!isNaN(now) && (!skewKnown || now > skew || now < skew - 2000)) {
			skew = now;
			skewKnown = true;
		}
	}

	/* One request as it is. */
	function send(method, path, options, done) {
		var xhr = new XMLHttpRequest();
		var ended = false;
		var slow = false;
		var name;

		function header(which) {
			return xhr.getResponseHeader(which);
		}

		function end(status) {
			var text = status && !xhr.responseType ? xhr.responseText : '';
			var body = objectIn(text);
			if (ended)
				return;
			ended = true;
			if (status)
				noteDate(header('Date'));
			if (status === 200 && method === 'GET')
				logSoon();
			done({status: status, body: body || {}, response: status ? xhr.response : null,
				ours: !!body && typeof body.success === 'boolean', slow: slow, header: header});
		}

		/* A page that is being left ends its requests: it must not act on that any more. */
		function lost() {
			later(50, function () {
				end(0);
			});
		}

		xhr.onload = function () {
			end(xhr.status);
		};
		xhr.onerror = xhr.onabort = lost;
		xhr.ontimeout = function () {
			slow = true;
			lost();
		};
		if (options.progress)
			xhr.onprogress = function (event) {
				options.progress(event.loaded);
			};
		try {
			xhr.open(method, api + path, true);
			xhr.timeout = options.timeout || ANSWER_MS;
			if (options.type)
				xhr.responseType = options.type;
			for (name in options.headers)
				if (has(options.headers, name))
					xhr.setRequestHeader(name, options.headers[name]);
			if (options.body)
				xhr.setRequestHeader('Content-Type', 'application/json');
			xhr.send(options.body ? json(options.body) : null);
		} catch (e) {
			lost();
		}
		return xhr;
	}

	/* --- tokens --- */

	var token = null; /* {text, end} */
	var given = null; /* by setToken */
	var source = option('token-function'); /* a function or the name of one */
	var refused = {}; /* texts the server did not take */
	var loading = null; /* those who wait for a token */

	function named(name) {
		var value = window;
		each(name.split('.'), function (part) {
			value = value && value[part];
		});
		return value;
	}

	function claims(text) {
		var part = String(text).split('.')[1] || '';
		try {
			return objectIn(decodeURIComponent(window.escape(
				window.atob(part.replace(/-/g, '+').replace(/_/g, '/'))))) || {};
		} catch (e) {
			return {};
		}
	}

	function usable(text) {
		return typeof text === 'string' && text.split('.').length === 3 && !has(refused, text);
	}

	function ends(text) {
		var at = claims(text).exp;
		return typeof at === 'number' ? at * 1000 : Infinity;
	}

	function fresh(text) {
		return ends(text) - serverNow() > EXPIRY_MS;
	}

	function inPage() {
		var meta = document.querySelector('meta[name="dialer-token"]');
		return [given, option('token'), attribute(meta, 'content')];
	}

	/* Asks the function of the page; it may answer in any way, or never. */
	function fromSource(done) {
		var act = typeof source === 'string' ? named(source) : source;
		var ended = false;
		var value;
		function end(text) {
			if (ended)
				return;
			ended = true;
			done(usable(text) ? text : null);
		}
		if (typeof act !== 'function')
			return end(null);
		later(ANSWER_MS, end);
		try {
			value = act(end);
		} catch (e) {
			return end(null);
		}
		if (value && typeof value.then === 'function')
			value.then(end, function () {
				end(null);
			});
		else if (value || act.length === 0)
			end(value);
	}

	/* Quiet: Apache then refuses in a way that opens no dialog. */
	function fromServer(quiet, done) {
		send('POST', '/token', {timeout: quiet ? ANSWER_MS : SIGN_IN_MS,
			headers: quiet && /^\/([^\/]|$)/.test(api) ? {'X-Requested-With': 'XMLHttpRequest'} : {}},
		function (answer) {
			done(answer.status === 200 && usable(answer.body.token) ? answer.body.token : null, answer);
		});
	}

	/* In this order: what stands in the page and is still good, the function, the sign-in of the
	 * server, what stands in the page at all (clocks differ). done(text, answer). */
	function load(quiet, done) {
		var kept = null;
		var found = null;
		each(inPage(), function (text) {
			if (usable(text))
				kept = kept || text;
			if (usable(text) && fresh(text))
				found = found || text;
		});
		if (found)
			return done(found);
		fromSource(function (text) {
			if (text)
				return done(text);
			fromServer(quiet, function (got, answer) {
				done(got || kept, answer);
			});
		});
	}

	function setUser(text) {
		var before = token && token.text;
		token = text ? {text: text, end: ends(text), at: Date.now()} : null;
		if (text && !before)
			later(0, wake);
		if (before !== text)
			tell('token', {user: text ? claims(text).sub : null});
	}

	/* done(text, answer): without a text there is none to be had; `answer` is what POST /token said. */
	function getToken(quiet, done) {
		var waiting;
		/* One that has just come is taken as it is: the clocks may differ. */
		if (token && (token.end - serverNow() > EXPIRY_MS || Date.now() - token.at < EXPIRY_MS))
			return done(token.text);
		if (loading)
			return loading.push({quiet: quiet, done: done});
		waiting = loading = [{quiet: quiet, done: done}];
		load(quiet, function (text, answer) {
			loading = null;
			if (text || !quiet)
				setUser(text || null);
			each(waiting, function (one) {
				if (!text && quiet && !one.quiet && !(answer && answer.status === 0))
					getToken(false, one.done);
				else
					one.done(text, answer);
			});
		});
	}

	function refuse(text) {
		refused[text] = true;
		if (token && token.text === text)
			token = null;
	}

	function headersFor(text, more) {
		var headers = {Authorization: 'Bearer ' + text};
		var name;
		for (name in more)
			if (has(more, name))
				headers[name] = more[name];
		return headers;
	}

	/* As the user. Without a token the answer has the status that POST /token got, or 401. */
	function request(method, path, options, done) {
		var xhr = null;
		var ended = false;
		function ask(last) {
			getToken(options.quiet, function (text, answer) {
				if (ended)
					answer = {status: 0, body: {}, ours: false};
				if (!text || ended) {
					if (!answer || answer.status !== 0)
						answer = {status: 401, body: {}, ours: false, header: function () {
							return null;
						}};
					return later(0, function () {
						done(answer);
					});
				}
				xhr = send(method, path, {body: options.body, type: options.type, timeout: options.timeout,
					progress: options.progress, headers: headersFor(text, options.headers)}, function (got) {
					if (got.status !== 401)
						return done(got);
					refuse(text);
					if (last) {
						setUser(null);
						return done(got);
					}
					ask(true);
				});
			});
		}
		ask(false);
		return function () {
			ended = true;
			if (xhr)
				xhr.abort();
		};
	}

	/* --- toasts --- */

	var ui = null; /* {root, polite, assertive, button, panel, list} */
	var messages = [];
	var shown = []; /* toasts on the screen, the newest last: {title, text, lasting, element, close} */

	function addStyle() {
		var wanted = option('css');
		var link;
		if (wanted === 'off' || !(wanted || script))
			return;
		link = document.createElement('link');
		link.rel = 'stylesheet';
		link.href = wanted || script.src.replace(/[^\/]*([?#].*)?$/, 'dialer.css');
		(document.head || document.documentElement).appendChild(link);
	}

	function region(parent, role) {
		var element = make('div', 'dialer-region', parent);
		element.setAttribute('role', role);
		element.setAttribute('aria-atomic', 'false');
		return element;
	}

	function part(tag, name, parent, label) {
		var element = make(tag, name, parent);
		element.setAttribute('aria-label', label);
		return element;
	}

	/* The regions have to be there before the words are, or nobody hears them. */
	function prepareUi() {
		var stack;
		if (ui && document.documentElement.contains(ui.root))
			return;
		if (!ui) {
			ui = {root: make('div', 'dialer-ui')};
			stack = part('section', 'dialer-toasts', ui.root, 'Call messages');
			ui.assertive = region(stack, 'alert');
			ui.polite = region(stack, 'status');
			ui.panel = part('section', 'dialer-log', ui.root, 'Past call messages');
			ui.panel.id = 'dialer-log';
			ui.panel.hidden = true;
			ui.list = make('ol', 'dialer-log-list', ui.panel);
			ui.list.tabIndex = 0;
			ui.button = part('button', 'dialer-log-button', ui.root, 'Call messages');
			ui.button.title = 'Call messages';
			ui.button.type = 'button';
			ui.button.hidden = true;
			ui.button.setAttribute('aria-controls', 'dialer-log');
			ui.button.setAttribute('aria-expanded', 'false');
			ui.button.onclick = function () {
				openLog(ui.panel.hidden);
			};
		}
		(document.body || document.documentElement).appendChild(ui.root);
	}

	function openLog(open) {
		ui.panel.hidden = !open;
		ui.button.setAttribute('aria-expanded', String(open));
		listen();
	}

	function note(message) {
		var item = make('li', 'dialer-log-item dialer-' + message.kind);
		make('time', 'dialer-log-time', item, message.time.toLocaleTimeString())
			.setAttribute('datetime', message.time.toISOString());
		item.appendChild(document.createTextNode(' '));
		make('strong', 'dialer-title', item, message.title);
		item.appendChild(document.createTextNode(' '));
		make('span', 'dialer-text', item, message.text);
		ui.list.insertBefore(item, ui.list.firstChild);
		messages.unshift(message);
		if (messages.length > MESSAGES) {
			messages.pop();
			ui.list.removeChild(ui.list.lastChild);
		}
		ui.button.hidden = false;
	}

	/* Escape closes the newest, wherever the focus is; listened for only while there is one. */
	function onKey(event) {
		if ((event.key !== 'Escape' && event.key !== 'Esc') || event.defaultPrevented)
			return;
		if (shown.length > 0)
			shown[shown.length - 1].close();
		else if (!ui.panel.hidden) {
			openLog(false);
			ui.button.focus();
		}
	}

	function listen() {
		document.removeEventListener('keydown', onKey);
		if (shown.length > 0 || !ui.panel.hidden)
			document.addEventListener('keydown', onKey);
	}

	/* A link that this script leaves alone. */
	function telLink(parent, link) {
		var a;
		if (!/^tel:/i.test(link.href))
			return;
		parent.appendChild(document.createTextNode(' '));
		a = make('a', 'dialer-link', parent, 'Open phone');
		a.href = link.href;
		a.target = '_self'; /* whatever <base> says */
		a.setAttribute('data-dialer', 'off');
		if (link.opened)
			a.addEventListener('click', link.opened);
	}

	/* Room for another: the same words go, and the oldest that goes by itself. */
	function makeRoom(message) {
		var oldest = null;
		each(shown.slice(0), function (item) {
			if (item.title === message.title && item.text === message.text)
				item.close();
			else if (!oldest || (oldest.lasting && !item.lasting))
				oldest = item;
		});
		if (shown.length >= TOASTS)
			oldest.close();
	}

	function toast(message, link, back) {
		var strong = message.kind === 'warning' || message.kind === 'bad';
		var lasting = strong || !!link;
		var item = {title: message.title, text: message.text, lasting: lasting};
		var body, close, timer;

		function stop() {
			window.clearTimeout(timer);
		}

		function wait() {
			stop();
			if (!lasting)
				timer = later(TOAST_MS, item.close);
		}

		item.close = function () {
			var i;
			var inside = item.element.contains(document.activeElement);
			stop();
			for (i = shown.length - 1; i >= 0; i--)
				if (shown[i] === item)
					shown.splice(i, 1);
			remove(item.element);
			/* Who closed it by keyboard goes on where he was. */
			if (inside && back && back.focus)
				back.focus();
			listen();
		};

		prepareUi();
		makeRoom(message);
		item.element = make('div', 'dialer-toast dialer-' + message.kind);
		make('span', 'dialer-icon', item.element).setAttribute('aria-hidden', 'true');
		body = make('div', 'dialer-body', item.element);
		make('strong', 'dialer-title', body, message.title);
		body.appendChild(document.createTextNode(' '));
		make('span', 'dialer-text', body, message.text);
		if (link)
			telLink(body, link);
		close = make('button', 'dialer-close', item.element);
		close.type = 'button';
		close.setAttribute('aria-label', 'Close: ' + message.title);
		close.onclick = item.close;
		item.element.onmouseenter = item.element.onfocusin = stop;
		item.element.onmouseleave = wait;
		item.element.addEventListener('focus', stop, true);
		item.element.addEventListener('blur', wait, true);
		(strong ? ui.assertive : ui.polite).appendChild(item.element);
		shown.push(item);
		if (!message.passing)
			note({time: new Date(), title: message.title, text: message.text, kind: message.kind});
		wait();
		listen();
		return item.close;
	}

	/* --- calls in words --- */

	var FINAL = {completed: 1, 'no-answer': 1, busy: 1, canceled: 1, failed: 1, 'handed-off': 1, lost: 1};
	var WORDS = {queued: 'placing', unconfirmed: 'not confirmed', initiated: 'calling',
		ringing: 'ringing', 'in-progress': 'in progress', completed: 'completed',
		'no-answer': 'no answer', busy: 'busy', canceled: 'canceled', failed: 'failed',
		'handed-off': 'handed to the phone', lost: 'outcome unknown'};

	function isFinal(status) {
		return has(FINAL, status);
	}

	function duration(seconds) {
		var s = Math.max(0, Math.floor(seconds));
		var hours = Math.floor(s / 3600);
		var minutes = Math.floor(s / 60) % 60;
		return (hours ? hours + ':' + ('0' + minutes).slice(-2) : minutes) + ':' +
			('0' + s % 60).slice(-2);
	}

	function words(call) {
		var text = has(WORDS, call.status) ? WORDS[call.status] : String(call.status);
		var seconds = call.talkTime === undefined ? call.duration : call.talkTime;
		if (call.status === 'in-progress')
			seconds = (serverNow() - Date.parse(call.answerTime || call.startTime)) / 1000;
		else if (call.status !== 'completed')
			return text;
		return typeof seconds === 'number' && !isNaN(seconds) ? text + ' ' + duration(seconds) : text;
	}

	/* --- following calls --- */

	var followed = {}; /* by id: {id, call, links, listeners, next, since, errors} */
	var unknown = {}; /* ids that this user is not told about */
	var asking = false;
	var timer = 0;
	var CALL_ID = /^[0-9a-f]{24}$/;

	function slotIn(element) {
		var slot = element.querySelector('[data-dialer-show="status"]');
		var cells = element.cells;
		if (slot)
			return slot;
		if (cells)
			element = cells[cells.length - 1];
		if (!element)
			return null;
		slot = element.querySelector('.dialer-status');
		return slot || make('span', 'dialer-status', element);
	}

	function setText(element, text) {
		if (element && element.textContent !== text)
			element.textContent = text;
	}

	/* The link keeps its own words; ours stand behind it. */
	function markLink(link, status, text) {
		var next = link.nextSibling;
		link.setAttribute('data-dialer-status', status);
		if (!link.parentNode || !/^(A|BUTTON)$/.test(link.tagName))
			return;
		if (!next || next.className !== 'dialer-status') {
			next = document.createElement('span');
			next.className = 'dialer-status';
			link.parentNode.insertBefore(next, link.nextSibling);
		}
		setText(next, text);
	}

	function unmarkLink(link) {
		var next = link && link.nextSibling;
		if (!link || link.dialerCall)
			return;
		link.removeAttribute('data-dialer-status');
		if (next && next.className === 'dialer-status')
			remove(next);
	}

	function render(f) {
		var text = words(f.call);
		each(f.links, function (link) {
			if (link.dialerCall === f.id)
				markLink(link, f.call.status, text);
		});
		each(document.querySelectorAll('[data-dialer-call="' + f.id + '"]'), function (element) {
			element.setAttribute('data-dialer-status', f.call.status);
			setText(slotIn(element), text);
		});
	}

	function heard(f, call) {
		var changed = !f.call || f.call.status !== call.status;
		f.call = call;
		render(f);
		each(f.listeners.slice(0), function (listener) {
			listener(call);
		});
		if (changed)
			tell('status', {call: call}, f.links[0] ||
				document.querySelector('[data-dialer-call="' + f.id + '"]'));
	}

	/* Fresh calls are asked for every second or two, old ones every minute. */
	function pause(f) {
		var age = (Date.now() - f.since) / 1000;
		if (f.errors > 0)
			return Math.min(60, Math.pow(2, f.errors)) * 1000;
		return age < 15 ? 1000 : age < 60 ? 2000 : age < 300 ? 5000 : age < 1800 ? 15000 : 60000;
	}

	function forget(f) {
		delete followed[f.id];
	}

	function giveUp(f) {
		unknown[f.id] = true;
		forget(f);
	}

	/* Whether somebody still wants to know. */
	function wanted(f) {
		return f.listeners.length > 0 || f.links.length > 0 ||
			document.querySelector('[data-dialer-call="' + f.id + '"]');
	}

	function askAbout(f) {
		if (!wanted(f)) {
			forget(f);
			return schedule();
		}
		asking = true;
		request('GET', '/call/' + f.id, {quiet: true}, function (answer) {
			asking = false;
			if (answer.status === 200 && answer.body.call) {
				f.errors = 0;
				heard(f, answer.body.call);
				if (isFinal(f.call.status))
					forget(f);
			} else if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
				giveUp(f);
			} else {
				f.errors++;
			}
			f.next = Date.now() + pause(f);
			schedule();
		});
	}

	/* One timer, one request at a time, nothing in a tab that nobody sees. */
	function schedule() {
		var first = null;
		var clock = false;
		var wait, id;
		window.clearTimeout(timer);
		if (document.hidden)
			return;
		for (id in followed)
			if (has(followed, id)) {
				if (!first || followed[id].next < first.next)
					first = followed[id];
				if (followed[id].call && followed[id].call.status === 'in-progress') {
					clock = true;
					render(followed[id]);
				}
			}
		if (!first)
			return;
		wait = asking ? Infinity : first.next - Date.now();
		if (wait <= 0)
			return askAbout(first);
		if (clock)
			wait = Math.min(wait, 1000);
		if (wait < Infinity)
			timer = later(wait, schedule);
	}

	function watch(id, call, link, listener) {
		var f = has(followed, id) ? followed[id] : null;
		if (!CALL_ID.test(id))
			return null;
		if (!f) {
			f = {id: id, call: null, links: [], listeners: [], next: Date.now(), since: Date.now(),
				errors: 0};
			if (!call || !isFinal(call.status))
				followed[id] = f;
		}
		if (link) {
			link.dialerCall = id;
			f.links.push(link);
		}
		if (listener)
			f.listeners.push(listener);
		if (call) {
			f.next = Date.now() + pause(f);
			heard(f, call);
		}
		later(0, schedule);
		return f;
	}

	/* The rows of the page; an id begins with its time, so the newest come first. */
	function scan() {
		var ids = [];
		each(document.querySelectorAll('[data-dialer-call]'), function (element) {
			var id = element.getAttribute('data-dialer-call');
			if (CALL_ID.test(id))
				ids.push(id);
			if (isFinal(attribute(element, 'data-dialer-status')))
				unknown[id] = true;
		});
		ids.sort().reverse();
		each(ids.slice(0, FOLLOWED), function (id) {
			if (!has(unknown, id))
				watch(id);
		});
	}

	/* There is a token now. */
	function wake() {
		unknown = {};
		scan();
		logSoon();
		if (cti.state === 'unknown')
			ctiBegin(true);
	}

	function observe() {
		var due = 0;
		if (!window.MutationObserver)
			return;
		new MutationObserver(function () {
			if (!due)
				due = later(200, function () {
					due = 0;
					scan();
				});
		}).observe(document.documentElement, {childList: true, subtree: true});
	}

	/* --- Dialpad's telephone in the page (CTI) --- */

	var cti = {state: option('cti') === 'off' ? 'none' : 'unknown', waiting: []};

	function ctiState(state) {
		var waiting = cti.waiting;
		cti.state = state;
		if (cti.button)
			cti.button.textContent = state === 'ready' ? 'Dialpad' :
				state === 'signed-out' ? 'Dialpad: sign in' :
				state === 'waiting' ? 'Dialpad ...' : 'Dialpad: no answer';
		cti.waiting = [];
		each(waiting, function (done) {
			done(state === 'ready');
		});
	}

	function ctiOpen(open) {
		cti.panel.className = open ? 'dialer-cti' : 'dialer-cti dialer-cti-away';
		cti.button.setAttribute('aria-expanded', String(open));
	}

	function ctiHears(event) {
		var m = event.data;
		if (event.origin !== cti.origin || event.source !== cti.frame.contentWindow)
			return;
		if (!m || m.api !== 'opencti_dialpad' || m.version !== '1.0' || !m.payload)
			return;
		if (m.method === 'user_authentication')
			ctiState(m.payload.user_authenticated === true ? 'ready' : 'signed-out');
		else if (m.method === 'call_ringing' && m.payload.state === 'on')
			ctiOpen(true);
	}

	function ctiFrame(settings) {
		var frame = document.createElement('iframe');
		prepareUi();
		cti.origin = settings.origin;
		cti.frame = frame;
		cti.panel = part('section', 'dialer-cti dialer-cti-away', ui.root, 'Dialpad');
		cti.panel.id = 'dialer-cti';
		cti.button = make('button', 'dialer-cti-button', ui.root);
		cti.button.type = 'button';
		cti.button.setAttribute('aria-controls', 'dialer-cti');
		cti.button.setAttribute('aria-expanded', 'false');
		cti.button.onclick = function () {
			ctiOpen(cti.button.getAttribute('aria-expanded') === 'false');
		};
		ctiState('waiting');
		window.addEventListener('message', ctiHears);
		frame.className = 'dialer-cti-frame';
		frame.title = 'Dialpad';
		frame.setAttribute('allow',
			'microphone; speaker-selection; autoplay; camera; display-capture; hid');
		frame.setAttribute('sandbox', 'allow-popups allow-scripts allow-same-origin');
		frame.src = settings.origin + '/apps/' + encodeURIComponent(settings.clientId);
		cti.panel.appendChild(frame);
		/* Blocked by a policy, by the network, by Dialpad: no word from it. */
		later(CTI_MS, function () {
			if (cti.state === 'waiting')
				ctiState('silent');
		});
	}

	function ctiBegin(quiet, done) {
		request('GET', '/dialpad/status', {quiet: quiet, timeout: PROBE_MS}, function (answer) {
			var settings = answer.body.cti;
			if (cti.state === 'unknown' && answer.status === 200) {
				if (settings && /^https?:\/\/[^\/]+$/.test(settings.origin))
					ctiFrame(settings);
				else
					cti.state = 'none';
			}
			if (done)
				done(answer);
		});
	}

	/* done(ready, unreachable): at the latest three seconds after the frame came into the page. */
	function ctiReady(done) {
		if (cti.state === 'waiting')
			return cti.waiting.push(done);
		if (cti.state !== 'unknown')
			return done(cti.state === 'ready');
		ctiBegin(false, function (answer) {
			if (cti.state === 'unknown')
				return done(false, answer.status === 0);
			ctiReady(done);
		});
	}

	/* The message cannot be taken back and is not answered: the last step, whatever comes of it. */
	function ctiDial(call) {
		ctiOpen(true);
		cti.frame.contentWindow.postMessage({api: 'opencti_dialpad', version: '1.0',
			method: 'initiate_call', payload: {phone_number: call.phoneNumber,
				enable_current_tab: true, custom_data: call.id}}, cti.origin);
	}

	/* --- calls that the telephone makes by itself: told to the server when it is back --- */

	var unlogged = []; /* {key, body, delay}; lost with the page, but for one last try */
	var logTimer = 0;

	function logLater() {
		window.clearTimeout(logTimer);
		if (unlogged.length > 0)
			logTimer = later(unlogged[0].delay, logNext);
	}

	/* The server has just answered. */
	function logSoon() {
		window.clearTimeout(logTimer);
		if (unlogged.length > 0)
			logTimer = later(50, logNext);
	}

	function logNext() {
		var one = unlogged[0];
		window.clearTimeout(logTimer);
		if (!one || one.asked)
			return;
		one.asked = true;
		request('POST', '/call', {quiet: true, body: one.body, headers: {'Idempotency-Key': one.key}},
			function (answer) {
				one.asked = false;
				one.delay = Math.min(one.delay * 2, 300000);
				/* 401: somebody may sign in yet. Any other refusal stays one. */
				if (answer.status === 200 || (answer.status >= 400 && answer.status < 500 &&
					answer.status !== 401 && answer.status !== 409)) {
					unlogged.shift();
					return logSoon();
				}
				logLater();
			});
	}

	function logTel(a) {
		var body = {placedBy: 'tel'};
		var name;
		if (a.logged)
			return;
		a.logged = true;
		for (name in a.body)
			if (has(a.body, name) && name !== 'provider' && name !== 'fallback' && name !== 'placedBy')
				body[name] = a.body[name];
		unlogged.push({key: randomKey(), body: body, delay: 2000});
		logLater();
	}

	/* As the page goes: one request more for each, which may outlive it. */
	function logLeaving() {
		if (!token || typeof window.fetch !== 'function')
			return;
		each(unlogged, function (one) {
			var sent = window.fetch(api + '/call', {method: 'POST', keepalive: true,
				body: json(one.body), headers: headersFor(token.text,
					{'Content-Type': 'application/json', 'Idempotency-Key': one.key})});
			if (sent && sent['catch'])
				sent['catch'](function () {
					return null;
				});
		});
	}

	/* --- one click --- */

	var recent = {}; /* the last attempt for each number */
	var seen = {}; /* ids of calls that attempts have come to */

	/* Two ways of writing a number are the same number. */
	function bare(number) {
		return number.replace(/^tel:/i, '').replace(/[\s().\-]/g, '').toLowerCase();
	}

	function readable(number) {
		return number.replace(/^tel:/i, '').replace(/;.*/, '').replace(/^\s+|\s+$/g, '');
	}

	function isLate(a) {
		return Date.now() - a.clicked > OPEN_MS;
	}

	function say(a, kind, title, text, href, opened) {
		a.hush();
		toast({kind: kind, title: title, text: text},
			href ? {href: href, opened: opened} : null, a.link);
	}

	/* The end of an attempt. `state` says what the next click on this number may do. */
	function finish(a, state, outcome, answer, call, more) {
		var detail = {number: a.number, call: call || null};
		var error = answer && answer.body.error;
		a.hush();
		a.state = state;
		if (call)
			seen[call.id] = true;
		if (!call || !watch(call.id, call, a.link))
			unmarkLink(a.link);
		if (outcome === 'placed' || outcome === 'handed-off') {
			detail.fallback = more || null;
			tell('placed', detail, a.link);
		} else {
			detail.status = answer ? answer.status : 0;
			detail.code = more || (error && error.code) || 'unreachable';
			detail.message = (answer && answer.body.message) || '';
			detail.fallback = outcome === 'unreachable' || outcome === 'sign-in' ? a.href : null;
			tell('failed', detail, a.link);
		}
		a.done({outcome: outcome, call: call || null, answer: answer || null});
	}

	/* Opens the telephone, or, when the browser would not let us any more, offers it. */
	function openTel(a, href, title, text, opened) {
		if (isLate(a))
			return say(a, 'warning', 'Open the Phone', 'The answer took long. Call ' + a.shown +
				' by phone:', href, opened);
		say(a, 'info', title, text);
		if (opened)
			opened();
		try {
			window.location.href = href;
		} catch (e) {
			say(a, 'bad', 'No Phone', 'The phone could not be opened. Dial ' + a.shown + ' by hand.');
		}
	}

	/* Nothing was dialled, and the server cannot be asked to: the plain link. */
	function plain(a, answer) {
		if (mayRing(a))
			return unclear(a, null);
		if (!a.href)
			return refusal(a, {status: 0, body: {}}, 'bad', 'Not Called');
		openTel(a, a.href, 'Opening Phone', 'Calling ' + a.shown + '...', function () {
			logTel(a);
		});
		finish(a, 'placed', 'unreachable', answer);
	}

	function refusal(a, answer, kind, title, offer) {
		var wait = answer.status === 429 && answer.header('Retry-After');
		say(a, kind, title, (answer.body.message || 'The call could not be placed.') +
			(wait ? ' Try again in ' + wait + ' s.' : ''), offer ? a.href : null, function () {
				logTel(a);
			});
		finish(a, 'failed', 'refused', answer, answer.body.call);
	}

	/* Whether somebody was asked to dial, and what came of it is not known. The page alone dials through
	 * the CTI, and only after an answer. */
	function mayRing(a) {
		return a.lost && a.body.placedBy !== 'cti';
	}

	function isClear(call) {
		return call.status !== 'queued' && call.status !== 'unconfirmed';
	}

	/* It was not known what became of the call; now it is. */
	function tellFound(a, call) {
		toast({kind: 'info', title: 'Call Found', text: a.shown + ': ' + words(call) + '.'}, null, a.link);
	}

	function unclear(a, answer, call) {
		var text = answer && answer.status === 504 && answer.body.message;
		var told = false;
		if (call && a.again && isClear(call)) {
			tellFound(a, call);
			return finish(a, 'failed', 'placed', answer, call);
		}
		say(a, 'warning', 'Look at the Phone', text || 'No answer came: ' + a.shown +
			' may be ringing. Look at the phone before dialling again.');
		finish(a, call || text ? 'unclear' : 'lost', 'unclear', answer, call, 'provider_unconfirmed');
		if (call)
			watch(call.id, null, null, function (now) {
				if (isClear(now) && !told)
					tellFound(a, now);
				told = told || isClear(now);
			});
	}

	function running(a, answer) {
		if (!a.toldRunning)
			say(a, 'info', 'Call Running', answer.body.message || 'This number is being called already.');
		a.toldRunning = true;
		/* Our own question of before: what becomes of it is still to be heard. */
		if (answer.body.error && answer.body.error.code === 'request_in_progress' &&
			Date.now() - a.clicked < PROGRESS_MS)
			return later(1000, function () {
				ask(a);
			});
		finish(a, 'placed', 'running', answer, answer.body.call);
	}

	function signInFirst(a, answer) {
		if (mayRing(a))
			return unclear(a, answer);
		say(a, 'warning', 'Sign In', 'Sign in to call ' + a.shown + ' through the server.', a.href,
			function () {
				logTel(a);
			});
		finish(a, 'failed', 'sign-in', answer, null, 'sign_in');
	}

	function placed(a, answer, call) {
		var notice = answer.body.notice || {title: 'Call Initiated', text: 'Calling ' + call.phoneNumber};
		var uri = answer.body.fallback && answer.body.fallback.uri;
		if (call.provider === 'cti' && cti.state === 'ready') {
			ctiDial(call);
		} else if (call.provider === 'cti') {
			uri = 'tel:' + call.phoneNumber;
			openTel(a, uri, 'Opening Phone', 'Calling ' + a.shown + '...');
			return finish(a, 'placed', 'handed-off', answer, call, uri);
		} else if (/^tel:\+\d{8,15}$/.test(uri)) {
			openTel(a, uri, notice.title, notice.text);
			return finish(a, 'placed', 'handed-off', answer, call, uri);
		} else if (a.again && Date.parse(call.startTime) < a.clicked + skew - AGAIN_MS) {
			notice = {title: 'Called Before', text: 'An earlier click has called ' + call.phoneNumber +
				': ' + words(call) + '.'};
		}
		say(a, 'good', notice.title, notice.text);
		finish(a, 'placed', 'placed', answer, call);
	}

	/* What became of a request that nobody answered: every call is in the history before it is
	 * dialled, so one that is not there was not dialled. A request that failed may still arrive for a
	 * moment, one that nobody took up in time even later. */
	function lookUp(a) {
		if (!a.asked) /* by whose clock? */
			return plain(a, null);
		request('GET', '/history?limit=20&from=' + encodeURIComponent(new Date(a.asked).toISOString()),
			{timeout: PROBE_MS}, function (answer) {
				var call = null;
				if (answer.status === 200 && answer.body.calls) {
					each(answer.body.calls, function (one) {
						if (!call && !has(seen, one.id) && sameNumber(one.phoneNumber, a.number))
							call = one;
					});
					if (!call && a.lost && !a.looked) {
						a.looked = true;
						return later(700, function () {
							lookUp(a);
						});
					}
					a.lost = !call && a.slow;
					if (call)
						return found(a, answer, call);
				}
				plain(a, answer);
			});
	}

	function sameNumber(e164, number) {
		var digits = bare(number).replace(/;.*/, '').replace(/\D/g, '');
		var tail = digits.slice(-7);
		return e164.slice(-tail.length) === tail;
	}

	function found(a, answer, call) {
		if (call.status === 'queued')
			return running(a, {status: 409, body: {error: {code: 'request_in_progress'}, call: call}});
		if (call.status === 'unconfirmed')
			return unclear(a, null, call);
		if (call.status === 'failed')
			return refusal(a, {status: 502, body: {call: call}}, 'bad', 'Not Called', true);
		if (call.status === 'handed-off' && call.provider === 'tel')
			return placed(a, {status: 200, body: {fallback: {uri: 'tel:' + call.phoneNumber},
				notice: {title: 'Opening Phone', text: 'Calling ' + call.phoneNumber + '...'}}}, call);
		placed(a, answer, call);
	}

	/* No answer, or one that does not tell what happened: the same key is asked again, which dials
	 * nothing that was dialled before. */
	function unanswered(a, answer) {
		/* Another server speaks here, such as one that asks to sign in. */
		if (answer.status && !answer.ours && !a.ours)
			return plain(a, answer);
		/* With an error of the server twice there is no storage, and without storage no call. */
		if (answer.status < 500)
			a.lost = true;
		a.slow = a.slow || answer.slow;
		a.tries++;
		if (a.tries < 3 && Date.now() - a.clicked < REASK_MS)
			return later(a.tries * 400, function () {
				if (Date.now() - a.clicked < REASK_MS)
					ask(a);
				else
					lookUp(a);
			});
		lookUp(a);
	}

	function decide(a, answer) {
		var status = answer.status;
		var code = answer.body.error ? answer.body.error.code : '';
		if (status === 200 && answer.ours && answer.body.call)
			return placed(a, answer, answer.body.call);
		if (status === 504)
			return unclear(a, answer, answer.body.call);
		if (status === 409)
			return running(a, answer);
		if (status === 401)
			return signInFirst(a, answer);
		if (status === 403)
			return refusal(a, answer, 'bad', 'Not Allowed');
		if (status === 429)
			return refusal(a, answer, 'warning', 'Too Many Calls');
		if (status === 502 && code && answer.body.attempts)
			return refusal(a, answer, 'bad', 'Not Called', true);
		if ((status === 404 || status === 405) && !mayRing(a))
			return plain(a, answer); /* no such server here */
		if (status >= 400 && status < 500 && status !== 408)
			return refusal(a, answer, 'bad', 'Not Called', true);
		if (status === 503 && (code === 'storage_unavailable' || code === 'not_configured') && !mayRing(a))
			return plain(a, answer);
		unanswered(a, answer);
	}

	function ask(a) {
		request('POST', '/call', {body: a.body, headers: {'Idempotency-Key': a.key}},
			function (answer) {
				decide(a, answer);
			});
	}

	/* The server is asked whether it is there before it is asked to dial: when it is not, nothing can
	 * have been dialled, and the telephone may be opened. When an answer is lost after that, it may
	 * be ringing. */
	function probe(a, next) {
		send('GET', '/health', {timeout: PROBE_MS}, function (answer) {
			if (answer.status === 0)
				return plain(a, answer);
			a.ours = answer.ours;
			if (!a.asked && skewKnown)
				a.asked = Math.floor(serverNow() / 1000) * 1000;
			next(a);
		});
	}

	function attempt(a) {
		getToken(false, function (text, answer) {
			if (!text && answer && answer.status === 0)
				return plain(a, answer);
			if (!text)
				return signInFirst(a, answer || {status: 401, body: {}});
			if (a.body.provider || a.again)
				return probe(a, ask);
			ctiReady(function (ready, unreachable) {
				if (unreachable)
					return plain(a, null);
				if (ready)
					a.body.placedBy = 'cti';
				probe(a, ask);
			});
		});
	}

	/* One gesture is one call: a double click, a key held down, a link that is there twice. */
	function repeated(last, now) {
		var gesture = now - last.touched < GESTURE_MS;
		last.touched = now;
		if (last.state === 'pending' || gesture)
			return true;
		if (last.state !== 'placed' || now - last.clicked > AGAIN_MS)
			return false;
		toast({kind: 'info', title: 'Call Running', text: 'This number is being called already.'}, null,
			last.link);
		return true;
	}

	/* A click after an unclear outcome asks about that call, and does not make a second one. */
	function goOn(a, last, now) {
		if ((last.state === 'lost' && now - last.first < LOST_MS) ||
			(last.state === 'unclear' && now - last.first < UNCLEAR_MS)) {
			a.first = last.first;
			a.key = last.key;
			a.body = last.body;
			a.asked = last.asked;
			a.lost = a.again = true;
		}
	}

	function start(number, href, options, done) {
		var now = Date.now();
		var id = bare(number);
		var last = has(recent, id) ? recent[id] : null;
		var a = {number: number, shown: readable(number), href: href, key: randomKey(), tries: 0,
			clicked: now, first: now, touched: now, state: 'pending', link: options.element || null,
			done: done || function () {
				return null;
			}, body: {phoneNumber: number}};
		var closePending = null;
		var pending;

		if (last && repeated(last, now)) {
			later(0, function () {
				a.done({outcome: 'running', call: null, answer: null});
			});
			return;
		}
		each(['clientId', 'contactId', 'dealId', 'provider', 'fallback'], function (name) {
			if (options[name] !== undefined && options[name] !== null && options[name] !== '')
				a.body[name] = options[name];
		});
		if (last)
			goOn(a, last, now);
		recent[id] = a;
		a.hush = function () {
			window.clearTimeout(pending);
			if (closePending)
				closePending();
			closePending = null;
		};
		pending = later(600, function () {
			closePending = toast({kind: 'info', title: 'Calling', text: a.shown + ' ...', passing: true},
				null, a.link);
		});
		if (a.link) {
			a.link.dialerCall = null;
			markLink(a.link, 'calling', '...');
		}
		/* A sign-in is waited for, a server that is not there is not. */
		if (token)
			attempt(a);
		else
			probe(a, attempt);
	}

	/* --- clicks --- */

	function telHref(element) {
		var href = /^(a|area)$/i.test(element.tagName || '') ? attribute(element, 'href') : null;
		return href && /^\s*tel:/i.test(href) ? href.replace(/^\s+|\s+$/g, '') : null;
	}

	/* As it stands in the link, without what only addresses need. */
	function numberIn(href) {
		var text = href.replace(/^tel:(\/\/)?/i, '');
		try {
			text = decodeURIComponent(text);
		} catch (e) {
			/* A per cent sign of its own. */
		}
		return 'tel:' + text;
	}

	function callLink(link, href) {
		start(numberIn(href), href, {element: link, clientId: nearest(link, 'data-dialer-client'),
			contactId: nearest(link, 'data-dialer-contact'), dealId: nearest(link, 'data-dialer-deal')});
	}

	/* Whether events tell that their propagation was stopped. */
	var tellsStopped = (function () {
		var event = document.createEvent('Event');
		event.initEvent('x', true, true);
		event.stopPropagation();
		return event.cancelBubble === true;
	}());

	/*
	 * The one listener. It hears of a click before the page does, so that nobody can keep it from us,
	 * but acts after the page's own handlers, so that those can refuse it (confirm ...): for this one
	 * click it listens once more on each element that the event passes, where it acts as soon as
	 * nobody further up will hear of it.
	 */
	function onClick(event) {
		var target = event.composedPath ? event.composedPath()[0] : event.target;
		var path = [];
		var link = null;
		var node = target;
		var href = null;
		var decided = false;

		function act() {
			if (decided)
				return;
			decided = true;
			if (event.defaultPrevented)
				return;
			event.preventDefault();
			callLink(link, href);
		}

		function passing() {
			if (tellsStopped ? event.cancelBubble || this === window :
				this === link && event.eventPhase > 1)
				act();
		}

		function clean() {
			each(path, function (one) {
				one.removeEventListener('click', passing, true);
				one.removeEventListener('click', passing, false);
			});
		}

		if (event.defaultPrevented || event.button > 0 || event.ctrlKey || event.shiftKey ||
			event.altKey || event.metaKey)
			return;
		while (node) {
			path.push(node);
			href = link ? href : telHref(node);
			link = link || (href && node);
			node = node.parentNode || node.host;
		}
		if (!link || link.isContentEditable || nearest(link, 'data-dialer') === 'off')
			return;
		each(path, function (one) {
			one.addEventListener('click', passing, true);
		});
		path.push(window);
		each(path, function (one) {
			one.addEventListener('click', passing, false);
		});
		later(0, clean);
	}

	/* --- the beginning --- */

	function begin() {
		prepareUi();
		addStyle();
		scan();
		observe();
		if (document.querySelector('a[href^="tel:"]'))
			getToken(true, function () {
				return null;
			});
	}

	window.addEventListener('click', onClick, true);
	document.addEventListener('visibilitychange', schedule);
	window.addEventListener('online', logNext);
	window.addEventListener('pagehide', logLeaving);
	if (document.readyState === 'loading')
		document.addEventListener('DOMContentLoaded', begin);
	else
		later(0, begin);

	function dialable(number) {
		var text = number.replace(/^tel:/i, '').replace(/[\s().\-\/]/g, '');
		return /^\+?[\d*#]+(;[\w.=+\-]+)*$/.test(text) ? 'tel:' + text.replace(/#/g, '%23') : null;
	}

	var Dialer = {
		setToken: function (text) {
			given = text || null;
			if (text) {
				delete refused[text];
			} else {
				followed = {};
				unlogged = [];
			}
			setUser(text && usable(text) ? text : null);
		},
		setTokenSource: function (act) {
			source = act;
		},
		signIn: function (done, quiet) {
			fromServer(quiet, function (text, answer) {
				if (text)
					setUser(text);
				done(answer);
			});
		},
		user: function () {
			var c = token ? claims(token.text) : null;
			return c ? {id: c.sub, admin: c.role === 'admin'} : null;
		},
		request: function (method, path, options, done) {
			return request(method, path, options || {}, done);
		},
		call: function (number, options, done) {
			var text = String(number);
			start(text, dialable(text), options || {}, done);
		},
		follow: function (id, changed) {
			var f = watch(id, null, null, changed);
			if (f && f.call)
				later(0, function () {
					changed(f.call);
				});
			return function () {
				each(f ? f.listeners : [], function (one, i) {
					if (one === changed)
						f.listeners.splice(i, 1);
				});
			};
		},
		words: words,
		duration: duration,
		toast: function (message) {
			return toast({kind: message.kind || 'info', title: message.title || '',
				text: message.text || ''}, message.link ? {href: message.link} : null,
				document.activeElement);
		},
		messages: function () {
			return messages.slice(0);
		},
		scan: scan
	};

	/* A page may have something of that name. */
	if (window.Dialer === undefined)
		window.Dialer = Dialer;
}(window, document));
