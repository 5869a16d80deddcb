internal import SnapSystem
package import SystemPackage

/// The program that this package builds.
package enum BuiltProgram {
    /// Beside the bundle of the tests, where the package manager puts it.
    package static let path: FilePath = {
        let tests = (try? File.readLink("/proc/self/exe")) ?? ""
        return FilePath(tests).removingLastComponent().appending("snapctl")
    }()
}
