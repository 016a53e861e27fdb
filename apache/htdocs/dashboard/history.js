/* The list of calls: a page of it at a time, at whatever place the address names. */
(function (Dashboard) {
	'use strict';

	var byId = Dashboard.byId;
	var make = Dashboard.make;
	var words = Dashboard.words;
	var filters = Dashboard.filters;

	var STALE_MS = 30000; /* a list this old is read again when one comes back to the tab */
	var AGAIN_MS = 60000; /* and this old while calls on it have not ended */

	var wish = filters.fromHash('');
	var entries = [];  /* on display */
	var pages = 0;
	var turn = 0;      /* an answer to an earlier wish is not shown */
	var reader = null; /* as Dialer.user() */
	var ticking = null;
	var asked = 0;     /* when */
	var looking = null;

	/* --- what is on display --- */

	function find(id) {
		return entries.filter(function (e) {
			return e.id === id;
		})[0];
	}

	/* Shows these. Rows that stay are not moved: what is open or written in them keeps the focus. */
	function arrange(list) {
		var body = byId('calls');
		var at = body.firstChild;
		entries.forEach(function (e) {
			if (list.indexOf(e) < 0)
				e.release();
		});
		entries = list;
		entries.forEach(function (e) {
			e.rows().forEach(function (row) {
				if (row === at)
					at = at.nextSibling;
				else
					body.insertBefore(row, at);
			});
		});
		while (at) {
			at = at.nextSibling;
			body.removeChild(at ? at.previousSibling : body.lastChild);
		}
	}

	/* Clocks of calls that run; no timer while none does. */
	function tick() {
		var any = entries.some(function (e) {
			return e.call().status === 'in-progress';
		});
		entries.forEach(function (e) {
			e.tick();
		});
		if (any && !ticking)
			ticking = setInterval(tick, 1000);
		if (!any && ticking) {
			clearInterval(ticking);
			ticking = null;
		}
	}

	function display(calls) {
		arrange(calls.map(function (call) {
			var e = find(call.id);
			if (e)
				e.update(call);
			return e || Dashboard.details.entry(call, call.userId === reader.id);
		}));
		tick();
	}

	/* Instead of the table; `act`, if any, is a button {text, act}. */
	function displayNothing(text, act) {
		arrange([]);
		Dashboard.append(Dashboard.empty(byId('no-history')), [make('p', {}, [text]),
			act ? Dashboard.button(act.text, {}, act.act) : null]);
		Dashboard.show('no-history', true);
		Dashboard.show('history', false);
		Dashboard.show('pages', false);
	}

	/* --- pages --- */

	function showPages(pagination) {
		var at = document.activeElement;
		pages = pagination.pages;
		byId('page').value = pagination.page;
		byId('page').max = pages;
		byId('page-of').textContent = 'of ' + words.number(pages);
		byId('first').disabled = byId('previous').disabled = pagination.page <= 1;
		byId('next').disabled = byId('last').disabled = pagination.page >= pages;
		if (at && at.disabled)
			byId('page').focus();
		byId('limit').value = pagination.limit;
		Dashboard.show('pages', pagination.total > 20);
	}

	function found(pagination) {
		var first = (pagination.page - 1) * pagination.limit + 1;
		var last = Math.min(first + pagination.limit - 1, pagination.total);
		var which = filters.inWords(wish);
		return words.count(pagination.total, 'call') +
			(which ? (pagination.total === 1 ? ' matches ' : ' match ') + which : '') +
			(pagination.pages > 1 ? ': ' + words.number(first) + ' to ' + words.number(last) : '');
	}

	function showNone() {
		if (filters.used(wish))
			displayNothing('No call matches the filters.', {text: 'Clear the filters', act: function () {
				go(filters.fromHash(''));
			}});
		else
			displayNothing('No calls yet. The first one you place is shown here at once.');
	}

	/* --- asking --- */

	function busy(yes) {
		byId('history').setAttribute('aria-busy', yes ? 'true' : 'false');
	}

	function answered(answer) {
		var pagination = answer.body.pagination;
		filters.blame(null);
		Dashboard.say('filter-wrong', '');
		if (pagination.total === 0) {
			byId('found').textContent = '';
			showNone();
			return;
		}
		if (wish.page > pagination.pages) {
			wish.page = pagination.pages;
			go(wish);
			return;
		}
		byId('found').textContent = found(pagination);
		Dashboard.show('no-history', false);
		Dashboard.show('history', true);
		display(answer.body.calls);
		showPages(pagination);
	}

	function failed(answer) {
		var field = answer.body.error && answer.body.error.field;
		byId('found').textContent = '';
		if (answer.status === 400 || answer.status === 403) {
			filters.blame(field);
			byId('filters').open = true;
			Dashboard.say('filter-wrong', answer.message, 'bad');
			displayNothing('Nothing is shown: one of the filters is wrong.');
		} else {
			displayNothing('The calls could not be read: ' + answer.message,
				{text: 'Try again', act: load});
		}
	}

	function load() {
		busy(true);
		ask(function (answer) {
			if (answer.status === 200)
				answered(answer);
			else
				failed(answer);
		});
	}

	function ask(done) {
		var mine = ++turn;
		asked = Date.now();
		Dashboard.server.ask({path: '/history' + filters.query(wish, [['page', wish.page], ['limit', wish.limit]])},
			function (answer) {
				if (mine !== turn)
					return;
				busy(false);
				done(answer);
			});
	}

	/* What has changed meanwhile, without a word while it cannot be had. */
	function loadAgain() {
		ask(function (answer) {
			if (answer.status === 200)
				answered(answer);
		});
	}

	/* Once in a while, while something on display has not ended and somebody looks. */
	function lookAgain() {
		if (!document.hidden && Date.now() - asked >= AGAIN_MS && entries.some(function (e) {
			return !words.isFinal(e.call().status);
		}))
			loadAgain();
	}

	/* What the address names now. */
	function loadAddress() {
		var before = wish;
		var turned;
		wish = filters.fromHash(location.hash);
		turned = before.page !== wish.page || before.limit !== wish.limit;
		filters.toForm(wish);
		document.body.classList.toggle('many-users', reader.admin && Boolean(wish.userId));
		load();
		/* Another page of the same calls has the same days. */
		if (!turned || filters.query(before, []) !== filters.query(wish, []))
			Dashboard.chart.load(wish);
	}

	/* To other calls; the address says so, and back leads back. */
	function go(to) {
		var hash = filters.toHash(to);
		if (hash === location.hash)
			loadAddress();
		else if (hash)
			location.hash = hash;
		else {
			history.pushState(null, '', location.pathname);
			loadAddress();
		}
	}

	function goToPage(page) {
		var to = filters.fromHash(filters.toHash(wish));
		to.page = Math.min(Math.max(page, 1), pages);
		go(to);
	}

	/* --- from elsewhere in the page --- */

	/* A call was placed, or tried: it is the newest. */
	function noteCall() {
		if (!reader)
			return;
		load();
		Dashboard.chart.load(wish);
		/* Dialpad may have refused the connection, whoever took the call then. */
		Dashboard.connection.load();
	}

	/* A call has news. */
	function noteStatus(e) {
		var shown = find(e.detail.call.id);
		if (shown)
			shown.update(e.detail.call);
		tick();
		if (reader && words.isFinal(e.detail.call.status))
			Dashboard.chart.load(wish);
	}

	/* Shows the calls of this user from the beginning. */
	function start(who) {
		reader = who;
		Dashboard.show('user-field', who.admin);
		byId('filters').open = filters.used(filters.fromHash(location.hash)) > 0;
		wish = filters.fromHash('');
		loadAddress();
		looking = setInterval(lookAgain, AGAIN_MS / 4);
	}

	function stop() {
		turn++;
		clearInterval(looking);
		reader = null;
		arrange([]);
		tick();
		Dashboard.empty(byId('found'));
		Dashboard.notes.forget();
	}

	function begin() {
		filters.begin(go);
		document.addEventListener('dialer:placed', noteCall);
		document.addEventListener('dialer:failed', noteCall);
		document.addEventListener('dialer:status', noteStatus);
		window.addEventListener('popstate', function () {
			if (reader)
				loadAddress();
		});
		document.addEventListener('visibilitychange', function () {
			if (reader && !document.hidden && Date.now() - asked > STALE_MS)
				loadAgain();
		});
		Dashboard.on('refresh', 'click', function () {
			load();
			Dashboard.chart.load(wish);
		});
		Dashboard.on('first', 'click', function () {
			goToPage(1);
		});
		Dashboard.on('previous', 'click', function () {
			goToPage(wish.page - 1);
		});
		Dashboard.on('next', 'click', function () {
			goToPage(wish.page + 1);
		});
		Dashboard.on('last', 'click', function () {
			goToPage(pages);
		});
		Dashboard.on('page-form', 'submit', function () {
			goToPage(Math.floor(+byId('page').value) || 1);
		});
		byId('limit').addEventListener('change', function () {
			var to = filters.fromHash(filters.toHash(wish));
			/* The first call on display stays on display. */
			to.page = Math.floor((wish.page - 1) * wish.limit / byId('limit').value) + 1;
			to.limit = +byId('limit').value;
			go(to);
		});
	}

	Dashboard.history = {
		begin: begin,
		start: start,
		stop: stop,
		wish: function () {
			return wish;
		}
	};
}(window.Dashboard));
