/*
 * Checks requests against an OpenAPI 3.0 document, more strictly than the document itself asks for:
 * what it does not name must not be sent, and what it requires must not be empty or null. A member
 * that servers ignore is a member that somebody believes to have an effect.
 */
'use strict';

const OpenAPIRequestValidator = require('openapi-request-validator').default;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/* A copy in which objects have no other members than those named, and required ones are not null. */
const strict = (schema) => {
	if (Array.isArray(schema))
		return schema.map(strict);
	if (schema === null || typeof schema !== 'object')
		return schema;
	const copy = {};
	for (const [key, value] of Object.entries(schema))
		copy[key] = strict(value);
	if (copy.properties && !('additionalProperties' in schema))
		copy.additionalProperties = false;
	for (const name of Array.isArray(schema.required) ? schema.required : [])
		if (copy.properties && copy.properties[name])
			delete copy.properties[name].nullable;
	return copy;
};

/* In an address everything is text. */
const coerced = (text, schema) =>
	schema && schema.type === 'integer' && /^-?[0-9]+$/.test(text) ? Number(text) : text;

class Operation {
	constructor(method, path, item, schemas) {
		this.id = item.operationId;
		this.method = method.toUpperCase();
		this.path = path;
		this.parameters = item.parameters || [];
		this.names = (path.match(/\{[^}]+\}/g) || []).map((name) => name.slice(1, -1));
		this.pattern = new RegExp(`^${path.split(/\{[^}]+\}/)
			.map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')).join('([^/]+)')}$`);
		this.body = item.requestBody && { ...strict(item.requestBody), required: true };
		this.validator = new OpenAPIRequestValidator({
			parameters: this.parameters,
			requestBody: this.body,
			componentSchemas: schemas,
		});
	}

	schemaOf(name, where) {
		const found = this.parameters.find((p) => p.name === name && p.in === where);
		return found && found.schema;
	}

	/* The parameters of the path, or null if it is another's path. */
	params(path) {
		const found = this.pattern.exec(path);
		return found && Object.fromEntries(this.names.map((name, i) =>
			[name, coerced(decodeURIComponent(found[i + 1]), this.schemaOf(name, 'path'))]));
	}

	query(search, complaints) {
		const query = {};
		for (const [name, value] of search) {
			if (name in query)
				complaints.push(`query: ${name} is there twice`);
			if (!this.schemaOf(name, 'query'))
				complaints.push(`query: there is no ${name}`);
			query[name] = coerced(value, this.schemaOf(name, 'query'));
		}
		return query;
	}

	parsedBody(request, complaints) {
		if (!this.body) {
			if (request.body !== '')
				complaints.push('body: there must be none');
			return undefined;
		}
		const type = String(request.headers['content-type']).split(';')[0].trim();
		if (!(type in this.body.content))
			complaints.push(`body: the type is ${type}`);
		try {
			return JSON.parse(request.body);
		} catch (e) {
			complaints.push('body: it is not JSON');
			return undefined;
		}
	}

	complaints(request, url) {
		const complaints = [];
		const body = this.parsedBody(request, complaints);
		const result = this.validator.validateRequest({
			headers: { ...request.headers, 'content-type': 'application/json' },
			params: this.params(url.pathname),
			query: this.query(url.searchParams, complaints),
			body,
		});
		for (const error of (result && result.errors) || [])
			complaints.push(`${error.location || ''} ${error.path || ''}: ${error.message}`.trim());
		return complaints;
	}
}

class Validator {
	constructor(document) {
		const schemas = strict(document.components.schemas);
		this.operations = [];
		for (const [path, item] of Object.entries(document.paths))
			for (const method of METHODS.filter((m) => m in item))
				this.operations.push(new Operation(method, path, item[method], schemas));
		/* A path without parameters goes before one with. */
		this.operations.sort((a, b) => a.names.length - b.names.length);
	}

	/* {method, url (from / on), headers (names in lower case), body (text)} ->
	 * {operation: its id or null, complaints: what is wrong with the request}. */
	check(request) {
		const url = new URL(request.url, 'http://host');
		const fits = this.operations.filter((o) => o.params(url.pathname));
		const operation = fits.find((o) => o.method === request.method);
		if (!operation)
			return { operation: null,
				complaints: [fits.length > 0 ? 'no such method here' : 'no such path'] };
		const complaints = operation.complaints(request, url);
		/* The key in the address, which the document allows too, would be in every log. */
		if (!/^Bearer [!-~]+$/.test(request.headers.authorization || ''))
			complaints.push('headers: there is no bearer token');
		return { operation: operation.id, complaints };
	}
}
exports.Validator = Validator;
