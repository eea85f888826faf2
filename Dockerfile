# docker build -t sightseer .
# docker run --rm --env-file .env -v sightseer-models:/models sightseer
# docker run --rm -v sightseer-models:/models sightseer npm run pull -- OWNER/NAME
FROM node:24-slim

ENV NODE_ENV=production
WORKDIR /app

# Dependencies first: they change less often than the code.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force

COPY . .

# Pulled models outlive the container; the demo model is part of the image.
ENV SIGHTSEER_MODELS=/models
RUN mkdir /models && chown node:node /models
VOLUME /models

USER node
CMD ["npm", "start"]
