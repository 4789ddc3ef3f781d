// The map of folders as a check: which layer may import which. docs/architecture.md shows the same table for people.
const server = "^server/src";

/** A layer may import itself, the contract, and what is named here. */
const layers = {
  core: [],
  wire: ["core"],
  store: ["core"],
  backends: ["core"],
  engine: ["core", "store", "backends"],
  services: ["core", "store", "engine"],
  cli: ["core", "app"],
};

/** Services whose bodies stream: they also reach the wire and the backends. */
const doors = "^server/src/services/(s3|sagemaker-runtime|ecr)/";

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `${layer}-imports`,
  severity: "error",
  from: layer === "services" ? { path: `${server}/services/`, pathNot: doors } : { path: `${server}/${layer}/` },
  to: { path: "^(server|setup|tests|bench|images)/", pathNot: [layer, ...allowed].map((name) => `${server}/${name}/`) },
}));

/** Libraries that only the folder wrapping them may import. */
const wrapped = {
  "kysely|pg": `${server}/store/`,
  "node:sqlite": `${server}/store/`,
  // The engine asks containers (health, batch transform) and gives the router its client.
  undici: `${server}/engine/container-|${server}/services/sagemaker-runtime/|${server}/backends/`,
  re2js: `${server}/engine/metrics|${server}/services/logs/shared/expressions`,
  "fast-xml-parser|cborg|@fastify/busboy": `${server}/wire/`,
  "@peculiar/asn1-(x509|schema)": `${server}/wire/tls/`,
  dockerode: `${server}/backends/docker/`,
  liquidjs: `${server}/services/sagemaker/human-task-ui/`,
  nodemailer: `${server}/services/sns/`,
  commander: `${server}/cli/`,
  yaml: `${server}/app/`,
};

export default {
  forbidden: [
    ...layerRules,
    {
      name: "doors-imports",
      severity: "error",
      from: { path: doors },
      to: {
        path: "^(server|setup|tests|bench|images)/",
        pathNot: ["services", "core", "store", "engine", "wire", "backends"].map((name) => `${server}/${name}/`),
      },
    },
    {
      name: "contract-imports-nothing",
      severity: "error",
      from: { path: "^contract/" },
      to: { path: "^(server|setup|tests|bench|images)/" },
    },
    {
      name: "no-service-to-service",
      comment: "What one service gives the others is a port in core/ports.ts.",
      severity: "error",
      from: { path: "^server/src/services/([^/]+)/" },
      to: { path: "^server/src/services/([^/]+)/", pathNot: "^server/src/services/$1/" },
    },
    {
      name: "no-noun-to-noun",
      comment: "What two nouns need goes to services/<service>/shared/.",
      severity: "error",
      from: { path: "^server/src/services/([^/]+)/([^/]+)/", pathNot: "/shared/" },
      to: { path: "^server/src/services/$1/[^/]+/", pathNot: "^server/src/services/$1/($2|shared)/" },
    },
    {
      name: "no-backend-to-backend",
      severity: "error",
      from: { path: "^server/src/backends/([^/]+)/" },
      to: { path: "^server/src/backends/([^/]+)/", pathNot: "^server/src/backends/($1|suite|shared)/" },
    },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(wrapped).map(([library, folder]) => ({
      name: `wrapped-${library.replace(/\W/g, "-")}`,
      severity: "error",
      from: { path: `${server}/`, pathNot: folder },
      to: { path: library.startsWith("node:") ? `^(node:)?${library.slice(5)}$` : `node_modules/(${library})/` },
    })),
  ],
  options: {
    parser: "swc",
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
    doNotFollow: { path: "node_modules" },
  },
};
