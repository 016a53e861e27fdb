/* For tests: the manners of libraries of that time. */
var Prototype = { Version: '1.5.0' };

Object.extend = function (to, from) {
	for (var name in from)
		to[name] = from[name];
	return to;
};

/* Enumerable members of every object and array, as json.js and others had them. */
Object.prototype.toJSON = Object.prototype.toJSONString = function () { return 'an object'; };
Array.prototype.each = function (act) { for (var i = 0; i < this.length; i++) act(this[i], i); return this; };
Array.prototype.map = function () { throw new Error('map is ours'); };
Array.prototype.forEach = Array.prototype.filter = Array.prototype.reduce = Array.prototype.map;
Array.prototype.toJSON = function () { return 'an array'; };
String.prototype.toJSON = function () { return '"' + this + '"'; };
Number.prototype.toJSON = function () { return 'a number'; };
String.prototype.trim = function () { return 'trimmed'; };
Object.keys = function () { throw new Error('keys is ours'); };
Element.prototype.remove = function () { throw new Error('remove is ours'); };
Element.prototype.hide = function () { this.style.display = 'none'; return this; };
Element.prototype.show = function () { this.style.display = ''; return this; };
Element.prototype.closest = Element.prototype.matches = function () { return this; };
window.Event = Object.extend(function () { throw new Error('Event is ours'); }, { observe: 1, stop: 1 });
window.CustomEvent = undefined;
window.Element = Object.extend(function () {}, { Methods: {} });

function $(id) { return document.getElementById(id); }

/* Its own events travel as one of the browser's that nobody uses. */
document.observe = function (name, act) {
	if (name.indexOf(':') < 0)
		return document.addEventListener(name, act, false);
	document.addEventListener('dataavailable', function (e) {
		if (e.eventName === name)
			act(e);
	}, false);
};
