# docker build -t kickmonitor . && docker run -p 8080:8080 -e DATABASE_URL=… -v kickmonitor:/var/lib/kickmonitor kickmonitor
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN build/probe && dotnet publish KickMonitor.Web -c Release --os linux -o /app --nologo

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/kickmonitor --create-home kickmonitor
WORKDIR /app
COPY --from=build /app .
USER kickmonitor
ENV ASPNETCORE_URLS=http://+:8080 \
    KICKMONITOR_DATA=/var/lib/kickmonitor \
    DOTNET_TieredPGO=0 \
    DOTNET_EnableWriteXorExecute=0 \
    DOTNET_GCgen0size=400000 \
    MALLOC_ARENA_MAX=2
EXPOSE 8080
VOLUME /var/lib/kickmonitor
HEALTHCHECK --interval=15s --timeout=4s --start-period=30s CMD ["curl", "-fsS", "http://localhost:8080/readyz"]
ENTRYPOINT ["./kickmonitor"]
