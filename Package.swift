// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
/// For every module that has no business with a raw pointer: there, each unsafe expression is an error.
let pointerFree: [SwiftSetting] = strict + [.strictMemorySafety()]

let optimisedC: [CSetting] = [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]

let package = Package(
    name: "snapctl",
    products: [.executable(name: "snapctl", targets: ["snapctl"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Without its own file formats: they tell neither lines nor keys that nobody asked for.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C: what Swift cannot say, and system libraries.
        .target(name: "CLinux", cSettings: optimisedC),
        .target(name: "CKernels", cSettings: optimisedC),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CBlkid", pkgConfig: "blkid", providers: [.apt(["libblkid-dev"])]),

        // Bottom up. `scripts/check-layers` proves that nothing imports upward or sideways.
        .target(name: "SnapModel", swiftSettings: pointerFree),
        .target(
            name: "SnapSystem",
            dependencies: ["SnapModel", "CLinux", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .target(
            name: "SnapCodec", dependencies: ["SnapModel", "SnapSystem", "CLZ4", "COpenSSL", "CKernels"],
            swiftSettings: strict),
        .target(
            name: "SnapDevice",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", "CLinux", "CBlkid",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "SnapStore",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: pointerFree),
        .target(
            name: "SnapCatalogue",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: pointerFree),
        .target(
            name: "SnapTracking",
            dependencies: [
                "SnapModel", "SnapSystem", "CLinux", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "SnapConsistency",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", "SnapDevice", "SnapTracking", "CLinux",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "SnapEngine",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", "SnapDevice", "SnapConsistency", "SnapStore", "SnapCatalogue",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: pointerFree),
        .target(
            name: "SnapCommands",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", "SnapConsistency", "SnapEngine", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: pointerFree),
        .executableTarget(name: "snapctl", dependencies: ["SnapCommands"], swiftSettings: pointerFree),

        // Fixtures that own loop devices and mounts, and twins that fail on demand.
        .target(
            name: "SnapTestSupport",
            dependencies: [
                "SnapModel", "SnapSystem", "SnapCodec", "SnapStore", "CLinux",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        tests("SnapModel"),
        tests("SnapSystem"),
        tests("SnapCodec", ["CKernels"]),
        tests("SnapDevice"),
        tests("SnapTracking"),
        tests("SnapConsistency", ["SnapDevice", "SnapTracking", "snapctl"]),
        tests("SnapStore"),
        tests("SnapCatalogue", [.product(name: "GRDB", package: "GRDB.swift")]),
        tests("SnapEngine", ["SnapDevice", "SnapConsistency", "SnapStore", "SnapCatalogue"]),
        tests(
            "SnapCommands",
            ["SnapEngine", "SnapConsistency", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            exclude: ["Golden"]),
        // In the virtual machine of scripts/vm-test: what needs device-mapper.
        .testTarget(
            name: "DeviceMapperTests",
            dependencies: [
                "snapctl", "SnapConsistency", "SnapDevice", "SnapTestSupport", "SnapModel", "SnapSystem",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "snapctl", "SnapTestSupport", "SnapModel", "SnapSystem", "SnapTracking",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
    ]
)

/// The tests of one module: they see it, what every module sees, and the fixtures.
func tests(_ module: String, _ others: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    let common: [Target.Dependency] = [
        "SnapModel", "SnapSystem", "SnapCodec", "SnapTestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
    ]
    let own: [Target.Dependency] =
        ["SnapModel", "SnapSystem", "SnapCodec"].contains(module) ? [] : [.init(stringLiteral: module)]
    return .testTarget(
        name: module + "Tests", dependencies: common + own + others, exclude: exclude, swiftSettings: strict)
}
