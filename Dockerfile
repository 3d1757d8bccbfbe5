# A small image with the server alone: Debian, the node binary, the compiled program and its packages.
FROM node:20-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.client.json vite.server.config.ts vite.console.config.ts commands.json ./
COPY src ./src
RUN npm run --silent build && npm ci --omit=dev --no-audit --no-fund
COPY docker/prune.sh ./
RUN sh prune.sh

FROM debian:bookworm-slim
RUN groupadd --system --gid 999 detent \
 && useradd --system --uid 999 --gid detent --home-dir /data --shell /usr/sbin/nologin detent \
 && mkdir /data /archive /backups \
 && chown detent:detent /data /archive /backups
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/package.json /build/commands.json /app/
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/dist /app/dist
COPY --chmod=755 docker/entrypoint.sh /usr/local/bin/docker-entrypoint.sh
COPY --chmod=755 docker/detent.sh /usr/local/bin/detent
# Whoever runs the image decides which ports are reachable, as with the image of redis-server.
ENV NODE_ENV=production DETENT_CONTAINER=yes DETENT_HTTP_PORT=8379
VOLUME /data
WORKDIR /data
EXPOSE 6379 8379
# By number, so that Kubernetes can tell that it is not root. Started as root by `--user 0`, the entrypoint gives the data to
# that user and goes on as it is.
USER 999:999
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "/app/dist/healthcheck.js"]
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["detent"]
