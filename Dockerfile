# On the processor:  docker build -t sightseer .
# On a GPU:          docker build -t sightseer:gpu --target gpu .
# compose.yaml runs it, with a read-only root file system and Redis.
# `npm run rehearse:docker` goes through the same steps without Docker.

# Tags move, digests do not. This one is of the index for amd64 and arm64; it changes with the version:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim
FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS dependencies
WORKDIR /app
# Dependencies first: they change less often than the code.
COPY package.json package-lock.json .npmrc ./
COPY install ./install
# Node is in the image already.
RUN npm ci --omit=dev && rm -rf node_modules/node node_modules/.bin/node

FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS cpu
ENV NODE_ENV=production \
  SIGHTSEER_MODELS=/models \
  SIGHTSEER_STORE=sqlite:/data/sightseer.sqlite \
  SIGHTSEER_OPERATIONS_PORT=9090
WORKDIR /app
# The only places that are written to: pulled models, and what is remembered.
RUN mkdir -p /models /data && chown node:node /models /data
VOLUME ["/models", "/data"]
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE THIRD-PARTY.md ./
COPY config ./config
COPY inference ./inference
COPY commands ./commands
COPY bot ./bot
# What ships: .dockerignore keeps pulled models out.
COPY models ./models
USER 1000:1000
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m CMD ["node", "bot/operations/check-health.ts"]
CMD ["node", "bot/main.ts"]

# ONNX Runtime's WebGPU provider reaches the GPU through Vulkan. On NVIDIA, run it with
# `--gpus all`; the container toolkit then brings the driver.
FROM cpu AS gpu
USER 0
RUN apt-get update \
  && apt-get install -y --no-install-recommends libvulkan1=1.3.* \
  && rm -rf /var/lib/apt/lists/*
ENV PROVIDER=auto \
  NVIDIA_VISIBLE_DEVICES=all \
  NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility
USER 1000:1000

# What a build without --target makes.
FROM cpu
