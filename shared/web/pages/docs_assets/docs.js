// Shows the operations of the service that this page came from.
SwaggerUIBundle({
  url: new URL("openapi.json", location.href).href, // behind nginx, a service's may have a prefix
  dom_id: "#operations",
  deepLinking: true,
  validatorUrl: null,
});
