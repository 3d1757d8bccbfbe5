# Builds with everything, runs with as little as can be: Node, the compiled program, its three packages.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json commands.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim
# flock and setpriv are in Debian's util-linux, which is part of every image of it.
RUN groupadd --system --gid 999 detent && useradd --system --gid detent --uid 999 detent \
  && mkdir /data && chown detent:detent /data \
  && rm -rf /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/corepack /opt/yarn-* \
     /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY --from=build /app/package.json /app/commands.json /app/
COPY docker/entrypoint.sh /usr/local/bin/
RUN printf '#!/bin/sh\nexec node /app/dist/main.js "$@"\n' > /usr/local/bin/detent && chmod +x /usr/local/bin/detent
ENV NODE_ENV=production
VOLUME /data
WORKDIR /data
EXPOSE 6379
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s CMD ["node", "/app/dist/healthcheck.js"]
ENTRYPOINT ["entrypoint.sh"]
CMD ["detent"]
