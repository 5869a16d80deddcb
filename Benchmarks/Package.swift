// swift-tools-version: 6.2
// Micro-benchmarks of the parts that a snapshot's speed is made of: `scripts/microbench`.
//
// A package of its own, so that the program does not depend on what measures it. `Sources` is a link to the program's:
// its modules are built here once more, under this package, since nothing in them is public.
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "SnapBenchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .target(name: "CLinux"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto"),
        .target(name: "SnapModel", swiftSettings: strict),
        .target(name: "SnapSystem", dependencies: ["SnapModel", "CLinux", system], swiftSettings: strict),
        .target(
            name: "SnapCodec", dependencies: ["SnapModel", "SnapSystem", "CLZ4", "COpenSSL", "CKernels"],
            swiftSettings: strict),
        .target(
            name: "SnapStore", dependencies: ["SnapModel", "SnapSystem", "SnapCodec", system], swiftSettings: strict),
        .target(
            name: "SnapCatalogue",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", system, .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "SnapBenchmarks",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", "SnapStore", "SnapCatalogue", system,
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/SnapBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ]
)
