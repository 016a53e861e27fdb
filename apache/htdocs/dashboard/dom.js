/*
 * Finding and making elements. What comes from elsewhere gets into the page as text: nothing here
 * takes markup.
 */
(function () {
	'use strict';

	var Dashboard = window.Dashboard = {};
	var SVG = 'http://www.w3.org/2000/svg';

	function byId(id) {
		return document.getElementById(id);
	}

	function append(parent, children) {
		var i;
		for (i = 0; i < children.length; i++) {
			if (children[i] === null || children[i] === undefined)
				continue;
			parent.appendChild(typeof children[i] === 'object' ? children[i] :
				document.createTextNode(children[i]));
		}
	}

	function fill(element, attributes, children) {
		var name;
		for (name in attributes)
			if (attributes[name] !== null && attributes[name] !== undefined)
				element.setAttribute(name, attributes[name]);
		append(element, children || []);
		return element;
	}

	/* An element with these attributes (those that are null are left out) and children: elements,
	 * or texts and numbers. */
	function make(name, attributes, children) {
		return fill(document.createElement(name), attributes, children);
	}

	function makeSvg(name, attributes, children) {
		return fill(document.createElementNS(SVG, name), attributes, children);
	}

	function button(text, attributes, act) {
		var b = make('button', attributes, [text]);
		b.type = 'button';
		b.addEventListener('click', act);
		return b;
	}

	function empty(element) {
		element.textContent = '';
		return element;
	}

	function show(id, visible) {
		byId(id).hidden = !visible;
	}

	/* Puts words into an element that is read out; `tone` is '' , 'good' or 'bad'. The same words
	 * again are not said again. */
	function say(id, text, tone) {
		var element = byId(id);
		element.className = 'said' + (tone ? ' ' + tone : '');
		if (element.textContent !== text)
			element.textContent = text;
	}

	/* Buttons and forms act without leading anywhere. */
	function on(id, event, act) {
		byId(id).addEventListener(event, function (e) {
			e.preventDefault();
			act(e);
		});
	}

	Dashboard.byId = byId;
	Dashboard.make = make;
	Dashboard.makeSvg = makeSvg;
	Dashboard.button = button;
	Dashboard.append = append;
	Dashboard.empty = empty;
	Dashboard.show = show;
	Dashboard.say = say;
	Dashboard.on = on;
}());
