internal import Logging
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// The file for the textfile collector of node_exporter.
enum MetricsFile {
    /// Everybody may read it: node_exporter is another user.
    private static let permissions: UInt32 = 0o644

    /// Replaces it whole: a reader sees the old text or the new.
    static func write(_ text: String, to path: FilePath) throws(EngineError) {
        do throws(SystemError) {
            try AtomicFile.write(Array(text.utf8), to: path, permissions: permissions)
        } catch {
            throw EngineError(error.code == .permissionDenied ? .permissionDenied : .failed, "\(error)")
        }
    }

    /// After something was done: renews the file that is configured, if one is. Failing to is no failure of what was
    /// done; an age that grows tells of it.
    static func renew(_ configuration: EngineConfiguration) {
        guard let path = configuration.metricsPath else { return }
        do throws(EngineError) {
            try write(PrometheusText.of(try Engine.open(configuration).metrics(), at: .now()), to: path)
        } catch {
            configuration.logger.warning("the metrics cannot be written: \(error)")
        }
    }
}
