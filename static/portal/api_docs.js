// Shows the API's schema with swagger-ui, from this site's own files.
const place = document.getElementById("api-docs");

SwaggerUIBundle({ url: place.dataset.schema, domNode: place, deepLinking: true, validatorUrl: null });
