import FoundationEssentials
import Testing

@testable import SnapCommands

/// Files beside the tests that hold what is expected. `SNAPCTL_UPDATE_GOLDEN=1` writes them anew: read the difference.
enum Golden {
    static func expect(_ actual: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let path = folder + "/Golden/" + name
        if ProcessInfo.processInfo.environment["SNAPCTL_UPDATE_GOLDEN"] != nil {
            try Data(actual.utf8).write(to: URL(filePath: path))
        }
        let expected = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(actual == expected, "differs from Golden/\(name)", sourceLocation: sourceLocation)
    }

    /// The folder of these sources.
    static let folder = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex))

    /// A file of the project.
    static func projectFile(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: folder + "/../../" + path)), as: UTF8.self)
    }
}
