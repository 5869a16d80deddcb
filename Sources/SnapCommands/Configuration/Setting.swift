internal import SnapModel

/// The value of a key, and where it is from.
struct Setting: Sendable {
    enum Origin: Hashable, Sendable {
        case flag
        case environment(variable: String)
        case file(path: String, line: Int)
        case builtIn

        var words: String {
            switch self {
            case .flag: "flag"
            case .environment(let variable): "environment, \(variable)"
            case .file(let path, let line): "file, \(path):\(line)"
            case .builtIn: "default"
            }
        }

        /// One word, for programs.
        var name: String {
            switch self {
            case .flag: "flag"
            case .environment: "environment"
            case .file: "file"
            case .builtIn: "default"
            }
        }
    }

    var key: String
    /// nil: there is none, such as no file of metrics.
    var text: String?
    var origin: Origin
}
