/*
 * Calls per day and outcome: bars, a legend with the totals, and the same as a table.
 *
 * It costs a request for each hundred calls of the days shown, and never more than MOST of them; with
 * more calls than that fewer days are shown, and the text says which.
 */
(function (Dashboard) {
	'use strict';

	var byId = Dashboard.byId;
	var make = Dashboard.make;
	var svg = Dashboard.makeSvg;
	var words = Dashboard.words;
	var filters = Dashboard.filters;

	var DAYS = 14;       /* up to today, or to the last day of the filter */
	var DAYS_ASKED = 31; /* where the filter names its first day */
	var MOST = 5;
	var ROWS = 100;
	var HEIGHT = 120;
	var ABOVE = 8;
	var BELOW = 22;
	var LEFT = 30;
	var LABEL = 52; /* the width a date needs */

	/* From the foot of a bar to its top. */
	var OUTCOMES = [
		{key: 'answered', name: 'Answered', of: ['completed']},
		{key: 'unanswered', name: 'Not answered', of: ['no-answer', 'busy', 'canceled']},
		{key: 'failed', name: 'Failed or lost', of: ['failed', 'lost']},
		{key: 'handed', name: 'Handed off', of: ['handed-off']},
		{key: 'open', name: 'Not ended', of: []}
	];

	var turn = 0;     /* an answer to an earlier wish is not shown */
	var drawn = null; /* the days on display */

	/* --- which days --- */

	function earlier(date, days) {
		return new Date(date.getFullYear(), date.getMonth(), date.getDate() - days);
	}

	/* The first and the last day that could be shown: {from, to} as texts. */
	function span(wish) {
		var today = filters.dayText(new Date());
		var to = wish.to && wish.to < today ? wish.to : today;
		var days = wish.from ? DAYS_ASKED : DAYS;
		var from = filters.dayText(earlier(filters.midnight(to), days - 1));
		if (wish.from && wish.from > from)
			from = wish.from;
		return {from: from > to ? to : from, to: to};
	}

	function outcome(status) {
		var i;
		for (i = 0; i < OUTCOMES.length; i++)
			if (OUTCOMES[i].of.indexOf(status) >= 0)
				return OUTCOMES[i].key;
		return 'open';
	}

	/* An empty day for each from `from` to `to`. */
	function emptyDays(from, to) {
		var days = [];
		var i = 0;
		var date, text;
		do {
			date = filters.midnight(from, i++);
			text = filters.dayText(date);
			days.push({text: text, date: date, total: 0, of: {}});
		} while (text < to);
		return days;
	}

	function count(calls, from, to) {
		var days = emptyDays(from, to);
		var at = {};
		var seen = {};
		days.forEach(function (d) {
			at[d.text] = d;
		});
		calls.forEach(function (call) {
			var d = at[filters.dayText(new Date(call.startTime))];
			var key = outcome(call.status);
			/* A call placed meanwhile has moved the others on, some to the next page. */
			if (!d || seen[call.id])
				return;
			seen[call.id] = true;
			d.total++;
			d.of[key] = (d.of[key] || 0) + 1;
		});
		return days;
	}

	/* --- drawing --- */

	/* A round number not below n, for the top of the scale. */
	function top(n) {
		var step = 1;
		while (step * 10 <= n)
			step *= 10;
		return [1, 2, 4, 5, 10].map(function (f) {
			return f * step;
		}).filter(function (t) {
			return t >= n;
		})[0] || 1;
	}

	function inWords(day) {
		var parts = OUTCOMES.filter(function (o) {
			return day.of[o.key];
		}).map(function (o) {
			return o.name.toLowerCase() + ' ' + words.number(day.of[o.key]);
		});
		return words.day(day.date) + ': ' + words.count(day.total, 'call') +
			(parts.length ? ' (' + parts.join(', ') + ')' : '');
	}

	function bar(day, x, width, scale) {
		var group = svg('g', {}, [svg('title', {}, [inWords(day)]),
			svg('rect', {'class': 'hover', x: x - width * 0.2, y: ABOVE, width: width * 1.4, height: HEIGHT})]);
		var y = ABOVE + HEIGHT;
		OUTCOMES.forEach(function (o) {
			var h = (day.of[o.key] || 0) * scale;
			if (h === 0)
				return;
			y -= h;
			/* A line of the ground between the parts, where there is room for it. */
			group.appendChild(svg('rect', {'class': o.key, x: x, y: y, width: width,
				height: Math.max(h - 1, Math.min(h, 1)), rx: 1}));
		});
		return group;
	}

	function line(y, label, width) {
		return svg('g', {'class': 'line'}, [
			svg('line', {x1: LEFT, x2: width, y1: y, y2: y}),
			svg('text', {x: LEFT - 6, y: y + 4, 'text-anchor': 'end'}, [label])
		]);
	}

	function dateBelow(day, middle, width) {
		var atEdge = middle + LABEL / 2 > width;
		return svg('text', {x: atEdge ? width : middle, y: ABOVE + HEIGHT + 16,
			'text-anchor': atEdge ? 'end' : 'middle'}, [words.day(day.date)]);
	}

	function summary(days) {
		var total = days.reduce(function (sum, d) {
			return sum + d.total;
		}, 0);
		return words.count(total, 'call') + ' from ' + words.day(days[0].date) + ' to ' +
			words.day(days[days.length - 1].date);
	}

	function picture(days, width) {
		var most = top(Math.max.apply(null, days.map(function (d) {
			return d.total;
		})));
		var step = (width - LEFT) / days.length;
		/* As many dates below the bars as there is room for, the last one always. */
		var every = Math.ceil(LABEL / step);
		var image = svg('svg', {'class': 'bars', viewBox: '0 0 ' + width + ' ' + (ABOVE + HEIGHT + BELOW),
			width: width, height: ABOVE + HEIGHT + BELOW, role: 'img', 'aria-label': summary(days)});
		image.appendChild(line(ABOVE + HEIGHT, '0', width));
		if (most > 1 && most % 2 === 0)
			image.appendChild(line(ABOVE + HEIGHT / 2, words.number(most / 2), width));
		image.appendChild(line(ABOVE, words.number(most), width));
		days.forEach(function (day, i) {
			var x = LEFT + i * step + step * 0.15;
			image.appendChild(bar(day, x, step * 0.7, HEIGHT / most));
			if ((days.length - 1 - i) % every === 0)
				image.appendChild(dateBelow(day, x + step * 0.35, width));
		});
		return image;
	}

	function sums(days) {
		return OUTCOMES.map(function (o) {
			return days.reduce(function (sum, d) {
				return sum + (d.of[o.key] || 0);
			}, 0);
		});
	}

	function legend(days) {
		var total = sums(days);
		return make('ul', {'class': 'legend'}, OUTCOMES.map(function (o, i) {
			return total[i] ? make('li', {}, [make('span', {'class': 'swatch ' + o.key}),
				o.name + ' ', make('b', {}, [words.number(total[i])])]) : null;
		}));
	}

	function heading(text) {
		return make('th', {scope: 'col'}, [text]);
	}

	function table(days) {
		var shown = OUTCOMES.filter(function (o, i) {
			return sums(days)[i] > 0;
		});
		var rows = days.slice().reverse().map(function (d) {
			return make('tr', {}, [make('th', {scope: 'row'}, [words.day(d.date)])].concat(
				shown.map(function (o) {
					return make('td', {}, [words.number(d.of[o.key] || 0)]);
				}), [make('td', {}, [words.number(d.total)])]));
		});
		return make('details', {'class': 'numbers'}, [make('summary', {}, ['As a table']),
			make('div', {'class': 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Calls per day as a table'}, [
				make('table', {}, [
					make('thead', {}, [make('tr', {}, [heading('Day')].concat(shown.map(function (o) {
						return heading(o.name);
					}), [heading('All')]))]),
					make('tbody', {}, rows)
				])
			])]);
	}

	function draw() {
		var place = byId('chart');
		var old = place.querySelector('svg');
		var image;
		if (!drawn || !place.clientWidth)
			return;
		image = picture(drawn, Math.max(place.clientWidth, 200));
		if (old)
			place.replaceChild(image, old);
	}

	function display(days, note) {
		var place = Dashboard.empty(byId('chart'));
		drawn = days;
		Dashboard.append(place, [make('p', {'class': 'hint'}, [note]), svg('svg', {}), legend(days), table(days)]);
		draw();
	}

	function displayText(text, again) {
		drawn = null;
		Dashboard.append(Dashboard.empty(byId('chart')), [make('p', {'class': 'nothing'}, [text]),
			again ? Dashboard.button('Try again', {}, again) : null]);
	}

	/* --- asking --- */

	/* What the calls so far can show: the whole span, or the days that are surely complete. */
	function show(calls, total, days) {
		var oldest, from;
		if (total === 0) {
			displayText('No calls from ' + words.day(filters.midnight(days.from)) + ' to ' +
				words.day(filters.midnight(days.to)) + '.');
			return;
		}
		if (calls.length >= total) {
			display(count(calls, days.from, days.to), words.count(total, 'call') + ', ' +
				words.day(filters.midnight(days.from)) + ' to ' + words.day(filters.midnight(days.to)));
			return;
		}
		oldest = calls[calls.length - 1].startTime;
		from = filters.dayText(filters.midnight(filters.dayText(new Date(oldest)), 1));
		if (from <= days.to)
			display(count(calls, from, days.to), 'Since ' + words.day(filters.midnight(from)) +
				'; earlier days have too many calls to be drawn here');
		else
			display(count(calls, days.to, days.to), 'The latest ' + words.count(calls.length, 'call') +
				', since ' + words.shortTime(oldest) + '; there are too many to draw whole days');
	}

	function load(wish) {
		var mine = ++turn;
		var days = span(wish);
		var calls = [];
		var asked = {from: days.from, to: days.to, status: wish.status, phoneNumber: wish.phoneNumber,
			clientId: wish.clientId, userId: wish.userId};

		function next(page) {
			Dashboard.server.ask({path: '/history' + filters.query(asked, [['limit', ROWS], ['page', page]])},
				function (answer) {
					if (mine !== turn)
						return;
					if (answer.status !== 200) {
						displayText('The chart could not be drawn: ' + answer.message, function () {
							load(wish);
						});
						return;
					}
					calls = calls.concat(answer.body.calls);
					if (page < answer.body.pagination.pages && page < MOST)
						next(page + 1);
					else
						show(calls, answer.body.pagination.total, days);
				});
		}

		next(1);
	}

	function begin() {
		if (window.ResizeObserver)
			new window.ResizeObserver(draw).observe(byId('chart'));
		else
			window.addEventListener('resize', draw);
	}

	Dashboard.chart = {begin: begin, load: load};
}(window.Dashboard));
